"""The reviewed files themselves: what an operator would be ashamed of must not pass."""

from collections import Counter
from decimal import Decimal
from itertools import pairwise

import pytest
from babel import Locale
from django.conf import settings

from plans import catalogue as files
from plans.calendar import ValidityUnit
from plans.catalogue import CatalogueRefused, PlanEntry
from plans.models import PlanKind, Unit

LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)


@pytest.fixture(scope="module")
def entries() -> files.Catalogue:
    return files.read(files.DATA, languages=LANGUAGES)


def data_gb(plan: PlanEntry) -> Decimal | None:
    data = next((entry for entry in plan.amounts if entry.unit == Unit.DATA), None)
    return Decimal(data.amount) / 10**9 if data and data.amount else None


def test_there_are_day_month_quarter_plans_and_add_ons_enough_to_choose_from(entries):
    def length(plan: PlanEntry) -> str:
        if plan.fields["kind"] == PlanKind.ADD_ON:
            return "add-on"
        return f"{plan.fields['validity_unit']} {plan.fields['validity_count'] >= 3}"

    kinds = Counter("day" if length(plan).startswith("day") else length(plan) for plan in entries.plans)

    assert kinds == {"day": 3, "month False": 5, "month True": 4, "add-on": 2}


def test_within_a_family_the_price_per_day_falls_with_the_length(entries):
    families = {plan.fields["family"] for plan in entries.plans} - {""}
    assert len(families) == 4
    for family in families:
        members = sorted(
            (plan for plan in entries.plans if plan.fields["family"] == family), key=lambda plan: plan.validity.days
        )
        per_day = [plan.fields["price_minor"] / plan.validity.days for plan in members]
        assert all(shorter > longer for shorter, longer in pairwise(per_day)), family


def test_within_a_family_the_price_per_gigabyte_never_rises_with_the_length(entries):
    for family in {plan.fields["family"] for plan in entries.plans} - {""}:
        members = sorted(
            (plan for plan in entries.plans if plan.fields["family"] == family), key=lambda plan: plan.validity.days
        )
        per_gb = [plan.fields["price_minor"] / data_gb(plan) for plan in members]
        assert all(shorter >= longer for shorter, longer in pairwise(per_gb)), family


def test_a_gigabyte_costs_between_half_a_euro_and_five(entries):
    for plan in entries.plans:
        gigabytes = data_gb(plan)
        assert gigabytes is not None, plan.code
        assert 50 <= plan.fields["price_minor"] / gigabytes <= 500, plan.code


def test_name_and_blurb_are_there_and_different_in_every_language(entries):
    for plan in entries.plans:
        for text in ("name", "blurb"):
            by_language = plan.fields[text]
            assert set(by_language) == LANGUAGES
            assert len(set(by_language.values())) == len(LANGUAGES), plan.code
        assert any("\u4e00" <= char <= "\u9fff" for char in plan.fields["blurb"]["zh-hans"])


def test_one_plan_has_unlimited_minutes_and_none_has_unlimited_data_without_a_speed(entries):
    amounts = [(plan.code, entry) for plan in entries.plans for entry in plan.amounts]

    assert [code for code, entry in amounts if entry.unit == Unit.VOICE and entry.amount is None] == [
        "month-40",
        "quarter-120",
    ]
    assert all(entry.amount or entry.speed_after_kbit for _code, entry in amounts if entry.unit == Unit.DATA)


def test_every_country_is_one_that_has_a_name_in_every_language(entries):
    for zone in entries.zones:
        for language in ("en", "zh_Hans"):
            names = Locale.parse(language).territories
            assert [country for country in zone.countries if country not in names] == []


def test_the_world_holds_the_union(entries):
    zones = {zone.code: zone.countries for zone in entries.zones}

    assert zones["eu"] < zones["world"]
    assert {"DE", "IS", "NO", "LI"} < zones["eu"]
    assert zones["eu"].isdisjoint({"CH", "GB", "US", "CN"})


def test_plans_of_the_union_give_at_least_the_roaming_data_that_its_rules_demand(entries):
    """Implementing Regulation (EU) 2016/2286, Art. 4(2): twice the net price divided by the wholesale cap, where a GB is cheaper."""
    cap_minor = Decimal(110)
    for plan in entries.plans:
        if plan.zone != "eu":
            continue
        (data,) = (entry for entry in plan.amounts if entry.unit == Unit.DATA)
        net_minor = Decimal(plan.fields["price_minor"]) / Decimal("1.19")
        demanded = min(Decimal(data.amount or 0), 2 * net_minor / cap_minor * 10**9)
        granted_abroad = data.zone_cap or data.amount or 0
        is_open_bundle = net_minor / (Decimal(data.amount or 0) / 10**9) < cap_minor
        assert granted_abroad >= demanded if is_open_bundle else data.zone_cap is None, plan.code


def test_days_and_months_are_whole_and_add_ons_that_end_with_the_plan_have_none(entries):
    by_code = {plan.code: plan.fields for plan in entries.plans}

    assert (by_code["days-7"]["validity_count"], by_code["days-7"]["validity_unit"]) == (7, ValidityUnit.DAY)
    assert (by_code["quarter-45"]["validity_count"], by_code["quarter-45"]["validity_unit"]) == (3, ValidityUnit.MONTH)
    assert (by_code["more-5"]["validity_count"], by_code["more-5"]["needs_plan"]) == (0, True)


GOOD_ZONES = '[zones.eu]\nname.en = "EU"\ncountries = ["DE"]\n'
GOOD_PLAN = """
[plans.month-1]
months = 1
price_minor = 500
currency = "EUR"
on_sale_from = 2026-01-01T00:00:00Z
zone = "eu"
data_gb = 1
name.en = "Month 1"
blurb.en = "One."
"""


def read(tmp_path, plans: str = GOOD_PLAN, zones: str = GOOD_ZONES):
    (tmp_path / "zones.toml").write_text(zones, encoding="utf-8")
    (tmp_path / "plans.toml").write_text(plans, encoding="utf-8")
    return files.read(tmp_path, languages=frozenset({"en"}))


def problems(tmp_path, plans: str = GOOD_PLAN, zones: str = GOOD_ZONES) -> list[str]:
    with pytest.raises(CatalogueRefused) as refusal:
        read(tmp_path, plans, zones)
    return refusal.value.problems


def test_the_smallest_catalogue_reads(tmp_path):
    assert [plan.code for plan in read(tmp_path).plans] == ["month-1"]


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("price_minor = 500", "price_minor = 5.00", "month-1: price_minor is a whole number of minor units above 0"),
        ("price_minor = 500", "price_minor = true", "month-1: price_minor is a whole number of minor units above 0"),
        ("price_minor = 500", "price_minor = -1", "month-1: price_minor is a whole number of minor units above 0"),
        ("price_minor = 500", "price = 500", "month-1: unknown key price"),
        ("months = 1", "", "month-1: give days or months, one of them"),
        ("months = 1", "months = 1\ndays = 1", "month-1: give days or months, one of them"),
        ("months = 1", "months = 0", "month-1: give days or months, one of them"),
        ("data_gb = 1", "", "month-1: grants nothing"),
        ("data_gb = 1", "data_gb = -1", 'month-1: data_gb is a whole number above 0 or "unlimited"'),
        ("data_gb = 1", 'data_gb = "lots"', 'month-1: data_gb is a whole number above 0 or "unlimited"'),
        ("data_gb = 1", 'data_gb = "unlimited"', "month-1: unlimited data names full_speed_gb and speed_after_kbit"),
        ("data_gb = 1", "data_gb = 1\nroaming_gb = 2", "month-1: roaming_gb is at most data_gb"),
        ('zone = "eu"', 'zone = "mars"', "month-1: unknown zone mars"),
        ('name.en = "Month 1"', 'name.de = "Monat 1"', "month-1: name is missing in en"),
        ("months = 1", "months = 1\nneeds_plan = true", "month-1: only an add-on needs a plan or ends with one"),
        ("00:00:00Z", "00:00:00", "month-1: on_sale_from is a date and time with its offset"),
        ('"EUR"', '"euro"', "month-1: currency is three capital letters (ISO 4217)"),
    ],
)
def test_a_mistake_in_a_plan_is_said_by_its_code(tmp_path, before, after, problem):
    assert problem in problems(tmp_path, GOOD_PLAN.replace(before, after))


def test_all_mistakes_are_said_at_once(tmp_path):
    found = problems(tmp_path, GOOD_PLAN.replace('"Month 1"', '""'), GOOD_ZONES.replace("DE", "Germany"))

    assert sorted(found) == ["eu: Germany is no ISO 3166 code", "month-1: name is missing in en"]


def test_a_longer_plan_that_saves_nothing_is_refused(tmp_path):
    family = GOOD_PLAN.replace("months = 1", 'months = 1\nfamily = "small"')
    longer = family.replace("month-1", "quarter-1").replace("months = 1", "months = 3").replace("= 500", "= 1500")

    assert problems(tmp_path, family + longer) == ["quarter-1: costs no less per day than month-1 of the same family"]


def test_files_that_are_missing_or_no_toml_are_said(tmp_path):
    (tmp_path / "plans.toml").write_text("[plans", encoding="utf-8")
    with pytest.raises(CatalogueRefused) as refusal:
        files.read(tmp_path, languages=frozenset({"en"}))

    assert [line.split(":")[0] for line in refusal.value.problems] == ["zones.toml", "plans.toml"]


@pytest.mark.parametrize(
    ("rates", "problem"),
    [
        ("rates.EUR = { from = 2026-01-01, data_gb = 0 }", "data_gb is a whole number of minor units above 0"),
        ("rates.EUR = { data_gb = 250 }", "from is the day on which they begin"),
        ("rates.EUR = { from = 2026-01-01 }", "name the price of data_gb, minutes, texts, and from"),
        (
            "rates.EUR = { from = 2026-01-01, data_gb = 250, faxes = 1 }",
            "name the price of data_gb, minutes, texts, and from",
        ),
        ("rates.euro = { from = 2026-01-01, data_gb = 250 }", "euro is no currency, three capital letters (ISO 4217)"),
    ],
)
def test_a_rate_that_is_none_is_refused_in_words(tmp_path, rates, problem):
    (found,) = problems(tmp_path, zones=f"{GOOD_ZONES}{rates}\n")

    assert found.startswith("eu: rates")
    assert found.endswith(problem)
