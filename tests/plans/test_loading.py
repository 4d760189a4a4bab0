"""`manage.py load_catalogue`: any number of times, and nothing is taken from anybody unasked."""

import shutil
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from lib import clock
from plans import catalogue as files
from plans import periods
from plans.models import Plan, PlanAllowance, PlanPeriod, Zone, ZoneCountry, ZoneRate


@pytest.fixture
def folder(tmp_path):
    """A copy of the reviewed files, to be changed."""
    for name in ("plans.toml", "zones.toml"):
        shutil.copy(files.DATA / name, tmp_path / name)
    return tmp_path


def load(folder, *flags: str) -> list[str]:
    out = StringIO()
    call_command("load_catalogue", folder, *flags, stdout=out)
    return out.getvalue().splitlines()


def change(folder, name: str, before: str, after: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(before) == 1
    (folder / name).write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def sold(line, plan_of, now):
    """A period of Month 15, which costs 15 euros."""
    with transaction.atomic():
        return periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")


def test_loading_twice_changes_nothing_the_second_time(db, folder):
    first = load(folder)
    stored = list(Plan.objects.values()), list(PlanAllowance.objects.values()), list(ZoneCountry.objects.values())

    assert len(first) == 22
    assert load(folder) == ["14 plans, nothing new."]
    assert stored == (
        list(Plan.objects.values()),
        list(PlanAllowance.objects.values()),
        list(ZoneCountry.objects.values()),
    )


def test_a_new_price_of_a_plan_nobody_bought_is_taken_over(catalogue, folder):
    change(folder, "plans.toml", "price_minor = 2500", "price_minor = 2600")

    assert load(folder) == ["month-40: €25.00 becomes €26.00 for new orders"]
    assert Plan.objects.get(code="month-40").price_minor == 2600


def test_a_new_price_of_a_plan_that_was_sold_needs_a_confirmation_that_says_what_happens(sold, folder):
    change(folder, "plans.toml", "price_minor = 1500", "price_minor = 1600")

    with pytest.raises(
        CommandError,
        match=r"(?s)Nothing was loaded.*1 periods were sold and stay as they are.*from now on pays €16\.00",
    ):
        load(folder)
    assert Plan.objects.get(code="month-15").price_minor == 1500

    assert load(folder, "--confirm") == ["month-15: €15.00 becomes €16.00 for new orders"]
    assert Plan.objects.get(code="month-15").price_minor == 1600
    sold.refresh_from_db()
    assert sold.plan.code == "month-15"


def test_a_plan_that_left_the_files_goes_off_sale_and_stays(sold, folder):
    text = (folder / "plans.toml").read_text(encoding="utf-8")
    start, end = text.index("[plans.month-15]"), text.index("[plans.quarter-45]")
    (folder / "plans.toml").write_text(text[:start] + text[end:], encoding="utf-8")

    before = clock.now()
    lines = load(folder)

    assert "month-15: off sale; what was sold runs on" in lines
    plan = Plan.objects.get(code="month-15")
    assert plan.on_sale_until is not None
    assert before <= plan.on_sale_until <= clock.now()
    assert not Plan.objects.on_sale(plan.on_sale_until).filter(pk=plan.pk).exists()
    assert Plan.objects.on_sale(plan.on_sale_until - timedelta(seconds=1)).filter(pk=plan.pk).exists()
    assert PlanPeriod.objects.filter(plan=plan).count() == 1


def test_a_plan_that_comes_back_is_on_sale_again(catalogue, folder):
    whole = (folder / "plans.toml").read_text(encoding="utf-8")
    (folder / "plans.toml").write_text(whole[: whole.index("[plans.more-5]")], encoding="utf-8")
    load(folder)
    assert Plan.objects.get(code="more-5").on_sale_until is not None

    (folder / "plans.toml").write_text(whole, encoding="utf-8")
    load(folder)

    assert Plan.objects.get(code="more-5").on_sale_until is None


def test_a_code_never_changes_its_validity(catalogue, folder):
    change(folder, "plans.toml", "days = 7\nprice_minor = 500", "days = 8\nprice_minor = 500")

    with pytest.raises(CommandError, match=r"days-7: its validity count cannot change .* Give the plan a new code"):
        load(folder, "--confirm")
    assert Plan.objects.get(code="days-7").validity_count == 7


def test_changed_grants_count_for_new_orders_only(sold, folder):
    before = list(sold.allowances.values())
    change(folder, "plans.toml", "data_gb = 15\nminutes = 500", "data_gb = 20\nminutes = 500")

    assert load(folder) == ["month-15: grants changed for new orders"]
    assert PlanAllowance.objects.get(plan__code="month-15", unit="data").amount == 20 * 10**9
    assert list(sold.allowances.values()) == before


def test_a_country_comes_into_a_zone_by_itself_and_leaves_one_in_use_only_when_confirmed(line, plan_of, folder):
    with transaction.atomic():
        periods.begin(line=line, plan=plan_of("month-15"), now=clock.now(), origin="order:1")
    change(folder, "zones.toml", '  "MD", "UA",\n', '  "MD", "CH",\n')

    with pytest.raises(CommandError, match="zone eu: no longer works in UA; 3 allowances that are paid for work there"):
        load(folder)
    assert ZoneCountry.objects.filter(zone__code="eu", country="UA").exists()

    lines = load(folder, "--confirm")
    assert lines[:2] == ["zone eu: now works in CH", "zone eu: no longer works in UA"]
    assert not ZoneCountry.objects.filter(zone__code="eu", country="UA").exists()


def test_a_catalogue_with_a_mistake_stores_nothing(db, folder):
    change(folder, "plans.toml", "price_minor = 2500", "price_minor = 0")

    with pytest.raises(CommandError, match="month-40: price_minor"):
        load(folder)
    assert not Zone.objects.exists()


# --- Rates -------------------------------------------------------------------------------------------------------------------

RATE = "rates.EUR = { from = 2026-01-01, data_gb = 250, minutes = 9, texts = 9 }"


def test_a_rate_is_not_changed_and_not_given_for_a_day_that_is_past(catalogue, folder):
    change(folder, "zones.toml", RATE, RATE.replace("250", "300"))
    with pytest.raises(CommandError, match=r"from that day it is €2\.50\. Give the new rate a later day"):
        load(folder)
    change(folder, "zones.toml", RATE.replace("250", "300"), RATE.replace("2026-01-01", "2026-02-01"))
    with pytest.raises(CommandError, match="that day is past"):
        load(folder)
    assert ZoneRate.objects.filter(zone__code="eu").count() == 3


def test_a_new_rate_follows_from_its_day_and_another_currency_begins_when_it_likes(catalogue, folder):
    later = RATE.replace("2026-01-01", "2099-01-01").replace("250", "300")
    change(folder, "zones.toml", RATE, later)
    assert load(folder)[0] == "zone eu: data at €3.00 from 2099-01-01"
    change(folder, "zones.toml", later, later + "\nrates.CNY = { from = 2026-01-01, data_gb = 1900 }")
    assert load(folder) == ["zone eu: data at CN¥19.00 from 2026-01-01"]


def test_a_plan_that_somebody_has_does_not_begin_to_take_from_credit(sold, folder):
    PlanPeriod.objects.update(ends_at=clock.now() + timedelta(days=1))
    text = (folder / "plans.toml").read_text(encoding="utf-8")
    place = text.index("zone =", text.index("[plans.month-15]"))
    (folder / "plans.toml").write_text(text[:place] + 'beyond = "credit"\n' + text[place:], encoding="utf-8")
    with pytest.raises(CommandError, match="month-15: somebody has it"):
        load(folder)
    assert not Plan.objects.get(code="month-15").beyond_by_credit
