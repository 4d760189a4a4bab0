"""What no allowance covers: from credit where it is sold, to the cent, and never a cent more than a day's use comes to."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Line
from billing import ledger
from billing.models import CreditUse, LedgerEntry, VatRate
from billing.paid_use import booking, switch
from lib.models import Alarm
from network import loading
from network.models import UsageCharge, UsageCreditCharge, UsageDay, UsageRecord
from plans.models import Plan, PlanPeriod, Zone, ZoneRate
from plans.rates import Rate
from provisioning.models import Command
from tests.billing.money import give_credit
from tests.billing.ordering import load_reference_data
from tests.billing.test_ledger import run_together
from tests.network.conftest import Load
from tests.network.model import Till, Use, play, play_till
from tests.network.streams import COUNTRIES, forget_everything, load_file, moments, pot_of, pots, uses
from tests.network.writing import DAY, HOUR, MB, NOW, allowance, as_csv, row

pytestmark = pytest.mark.django_db
GB = 1000 * MB


@pytest.fixture(autouse=True)
def _vat(line: Line) -> None:
    load_reference_data()


def period(line: Line, *, says: bool, begins: datetime = NOW - 10 * DAY, ends: datetime = NOW + 10 * DAY) -> PlanPeriod:
    """A plan that says, or does not, that what it does not cover is paid from credit."""
    plan = Plan.objects.get(code="month-flex-2" if says else "month-15")
    return PlanPeriod.objects.create(
        line=line, plan=plan, kind=plan.kind, starts_at=begins, ends_at=ends, anchor_at=begins, origin=f"test:{begins}"
    )


def credit_of(line: Line) -> int:
    paid, bonus = ledger.credit_of(line)
    return (paid + bonus).minor


# --- What is paid from credit, and what is not ----------------------------------------------------------------------------


def test_a_line_without_a_plan_pays_for_what_it_uses(line: Line, load: Load) -> None:
    give_credit(line, 1000)
    load([row("a", amount=GB), row("b", unit="voice", amount=90), row("c", unit="texts", amount=2)])
    assert credit_of(line) == 1000 - 250 - 13 - 18  # 90 s at 0.09 a minute are 13.5 cents: rounded down
    assert dict(UsageRecord.objects.values_list("record_id", "overrun")) == {"a": 0, "b": 0, "c": 0}
    assert dict(UsageCreditCharge.objects.values_list("record_id", "cost_minor")) == {"a": 250, "b": 13, "c": 18}
    line.refresh_from_db()
    assert line.last_charged_use_at == NOW - DAY


def test_beside_a_plan_that_says_so_the_rest_is_paid_and_beside_another_it_is_not(line: Line, load: Load) -> None:
    give_credit(line, 1000)
    running = period(line, says=True)
    bucket = allowance(line, 400 * MB, period=running)
    load([row("a", amount=GB)])
    bucket.refresh_from_db()
    assert (bucket.used, credit_of(line)) == (400 * MB, 1000 - 150)
    Plan.objects.update(beyond_by_credit=False)
    load([row("b", amount=GB)], name="b.csv")
    assert credit_of(line) == 850
    assert UsageRecord.objects.get(record_id="b").overrun == GB


def test_what_counts_is_the_plan_that_ran_when_it_was_used(line: Line, load: Load) -> None:
    give_credit(line, 1000)
    period(line, says=False, begins=NOW - 3 * DAY, ends=NOW - 2 * DAY)
    load([row("beside", amount=GB, at=NOW - 2 * DAY - HOUR), row("after", amount=GB, at=NOW - 2 * DAY)])
    assert dict(UsageRecord.objects.values_list("record_id", "overrun")) == {"beside": GB, "after": 0}


def test_the_cheapest_zone_that_holds_the_country_counts(line: Line, load: Load) -> None:
    give_credit(line, 5000)
    load(
        [
            row("fr", amount=GB, country="FR"),
            row("us", amount=GB, country="US"),
            row("nowhere", amount=GB, country="KP"),
        ]
    )
    assert dict(UsageCreditCharge.objects.values_list("record_id", "cost_minor")) == {"fr": 250, "us": 900}
    assert UsageRecord.objects.get(record_id="nowhere").overrun == GB


def test_a_new_rate_holds_from_its_day_on(line: Line, load: Load) -> None:
    give_credit(line, 5000)
    eu = Zone.objects.get(code="eu")
    ZoneRate.objects.create(zone=eu, unit="data", currency="EUR", price_minor=100, per=GB, from_date=(NOW - DAY).date())
    load([row("before", amount=GB, at=NOW - 2 * DAY), row("on", amount=GB, at=NOW - DAY)])
    assert dict(UsageCreditCharge.objects.values_list("record_id", "cost_minor")) == {"before": 250, "on": 100}


def test_credit_that_does_not_reach_pays_for_a_part_and_is_never_below_zero(line: Line, load: Load) -> None:
    give_credit(line, 100)
    load([row("a", amount=GB), row("b", amount=GB, at=NOW - HOUR)])
    assert credit_of(line) == 0
    first, second = UsageRecord.objects.order_by("used_at")
    assert first.overrun == GB - UsageCreditCharge.objects.get(record_id="a").amount
    assert GB - first.overrun == 400 * MB  # a euro's worth
    assert second.overrun == GB


def test_without_credit_not_even_what_would_be_rounded_away_is_paid(line: Line, load: Load) -> None:
    load([row("a", amount=1)])
    assert UsageRecord.objects.get().overrun == 1
    assert not CreditUse.objects.exists()


def test_a_day_in_a_thousand_pieces_costs_what_it_costs_whole(line: Line, load: Load) -> None:
    give_credit(line, 1000)
    load([row(f"r{number}", amount=MB, at=NOW - DAY + timedelta(seconds=number)) for number in range(1000)])
    assert credit_of(line) == 1000 - 250
    load([row("late", amount=MB, at=NOW - DAY)], name="late.csv")
    assert credit_of(line) == 1000 - 250
    load([row("later", amount=3 * MB, at=NOW - DAY)], name="later.csv")
    assert credit_of(line) == 1000 - 251


def test_bonus_goes_first_and_the_vat_in_it_is_booked(line: Line, load: Load) -> None:
    give_credit(line, 1000)
    give_credit(line, 100, bonus=True)
    load([row("a", amount=GB)])
    booked = LedgerEntry.objects.filter(key__startswith=booking.KEY).order_by("id")
    assert list(booked.values_list("kind", "source__kind", "target__kind", "amount_minor")) == [
        ("use", "credit_bonus", "usage_sales", 100),
        ("use", "credit_paid", "usage_sales", 150),
        ("vat", "usage_sales", "vat", 40),
    ]
    use = CreditUse.objects.get()
    assert (use.cost_minor, use.net_minor, use.vat_minor, f"{use.vat_percent}") == (250, 210, 40, "19.00")
    day = UsageDay.objects.get()
    assert (day.by_credit, day.cost_minor, day.vat_minor, day.overrun) == (GB, 250, 40, 0)


def test_the_same_file_again_takes_nothing_more(line: Line, load: Load) -> None:
    give_credit(line, 1000)
    rows = [row("a", amount=GB)]
    load(rows)
    load([*rows, row("b", at=NOW + DAY)], name="again.csv")
    assert credit_of(line) == 750
    assert LedgerEntry.objects.filter(kind="use").count() == 1


def test_where_nobody_knows_the_vat_nothing_is_charged_and_staff_hear_of_it(line: Line, load: Load) -> None:
    give_credit(line, 1000)
    VatRate.objects.all().delete()
    load([row("a", amount=GB)])
    assert credit_of(line) == 1000
    assert UsageRecord.objects.get().overrun == GB
    assert Alarm.objects.filter(kind="use.no_vat_rate").count() == 1


def test_what_a_line_in_another_currency_uses_is_not_sold_where_no_rate_is_in_it(line: Line, load: Load) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE accounts_line SET currency = 'CNY'")
        cursor.execute("SET session_replication_role = origin")
    line.refresh_from_db()
    give_credit(line, 1000)
    load([row("a", amount=GB)])
    assert (credit_of(line), UsageRecord.objects.get().overrun) == (1000, GB)


# --- The rate itself ---------------------------------------------------------------------------------------------------------


@given(
    price=st.integers(1, 500), per=st.integers(1, 500), before=st.integers(0, 800), wanted=st.integers(1, 800),
    credit=st.integers(0, 300),
)  # fmt: skip
def test_as_much_is_covered_as_can_be_paid_for_and_no_unit_more(
    price: int, per: int, before: int, wanted: int, credit: int
) -> None:
    rate = Rate(price, per)
    covered = rate.covered(wanted, before=before, credit_minor=credit)
    counted, left = 0, credit
    while counted < wanted and left > 0:
        cost = (before + counted + 1) * price // per - (before + counted) * price // per
        if cost > left:
            break
        counted, left = counted + 1, left - cost
    assert covered == counted


# --- Together ----------------------------------------------------------------------------------------------------------------

#: Small enough that the figures of random streams cross cents: price for so much by zone and unit.
RATES = {("eu", "data"): (7, 10), ("eu", "voice"): (1, 3), ("world", "data"): (3, 2)}
periods = st.lists(st.tuples(moments, st.booleans()), max_size=3, unique_by=lambda period: period[0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pots=pots, uses=uses, cuts=st.lists(st.integers(0, 25), max_size=2), chunk=st.integers(1, 9), periods=periods,
    credit=st.tuples(st.integers(0, 120), st.integers(0, 40)),
)  # fmt: skip
def test_any_stream_comes_to_what_the_model_says_in_bytes_and_cents(
    line: Line,
    pots: list[Any],
    uses: list[Any],
    cuts: list[int],
    chunk: int,
    periods: list[Any],
    credit: tuple[int, int],
) -> None:
    _begin_anew(line)
    model = [pot_of(line, *pot) for pot in pots]
    till = Till(credit=sum(credit), rates=_small_rates(), spans=_spans(line, sorted(periods)))
    for part, is_bonus in zip(credit, (False, True), strict=True):
        if part:
            give_credit(line, part, bonus=is_bonus)
    over: dict[str, int] = {}
    edges = [0, *sorted(min(cut, len(uses)) for cut in cuts), len(uses)]
    stream = [Use(at, f"r{number}", unit, amount, country) for number, (at, unit, amount, country) in enumerate(uses)]
    before, loading.CHUNK = loading.CHUNK, chunk
    try:
        for number, (start, end) in enumerate(pairwise(edges)):
            of_file = stream[start:end]
            load_file(of_file, number)
            for first in range(0, len(of_file), chunk):
                some = of_file[first : first + chunk]
                over |= play_till(till, some, play(model, some, home="DE"))
    finally:
        loading.CHUNK = before
    assert dict(UsageRecord.objects.values_list("record_id", "overrun")) == over
    assert credit_of(line) == till.credit
    _everything_adds_up(sum(credit) - till.credit)


def _begin_anew(line: Line) -> None:
    forget_everything(line)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("ledgerentry", "credituse", "ledgeraccount"):
            cursor.execute(f"DELETE FROM billing_{table}")
        cursor.execute("DELETE FROM network_usagecreditcharge")
        cursor.execute("DELETE FROM plans_zonerate")
        cursor.execute("DELETE FROM plans_planperiod")
        cursor.execute("SET session_replication_role = origin")


def _small_rates() -> dict[tuple[str, str], tuple[int, int]]:
    """Makes them; by country and unit, what the model counts with."""
    for (zone, unit), (price, per) in RATES.items():
        ZoneRate.objects.create(
            zone=Zone.objects.get(code=zone),
            unit=unit,
            currency="EUR",
            price_minor=price,
            per=per,
            from_date=date(2026, 1, 1),
        )
    works = {zone.code: set(zone.countries.values_list("country", flat=True)) for zone in Zone.objects.all()}
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for country in COUNTRIES:
        for (zone, unit), rate in RATES.items():
            known = found.get((country, unit))
            if country in works[zone] and (known is None or rate[0] / rate[1] < known[0] / known[1]):
                found[country, unit] = rate
    return found


def _spans(line: Line, periods: list[Any]) -> list[tuple[datetime, datetime, bool]]:
    """Plan periods of two kinds, one after the other: from, until, and whether the rest is paid from credit."""
    begins = [begin for begin, _says in periods]
    spans = [
        (begin, min([begin + 20 * HOUR, *begins[place + 1 : place + 2]]), says)
        for place, (begin, says) in enumerate(periods)
    ]
    for begin, end, says in spans:
        period(line, says=says, begins=begin, ends=end)
    return spans


def _everything_adds_up(spent_minor: int) -> None:
    """Records, charges, days, bookings and entries say the same."""
    used = sum(UsageRecord.objects.values_list("amount", flat=True))
    covered = sum(UsageCharge.objects.values_list("amount", flat=True))
    paid = sum(UsageCreditCharge.objects.values_list("amount", flat=True))
    assert used == covered + paid + sum(UsageRecord.objects.values_list("overrun", flat=True))
    names = ("amount", "cost_minor", "vat_minor")
    booked = [CreditUse.objects.aggregate(sum=Sum(name, default=0))["sum"] for name in names]
    days = [UsageDay.objects.aggregate(sum=Sum(name, default=0))["sum"] for name in ("by_credit", *names[1:])]
    assert booked == days
    assert booked[:2] == [paid, spent_minor]
    assert sum(UsageCreditCharge.objects.values_list("cost_minor", flat=True)) == spent_minor
    entries = LedgerEntry.objects.filter(key__startswith=booking.KEY)
    assert sum(entries.filter(kind="use").values_list("amount_minor", flat=True)) == spent_minor
    assert sum(entries.filter(kind="vat").values_list("amount_minor", flat=True)) == booked[2]
    assert not UsageDay.objects.filter(amount__lt=F("by_credit") + F("overrun")).exists()


# --- Two at once -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_loaders_and_a_top_up_at_once_spend_each_cent_once(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credit that comes while records are charged may or may not be used; none is spent twice, and all of it is accounted for."""
    monkeypatch.setattr(loading, "CHUNK", 5)
    load_reference_data()
    give_credit(line, 300)
    paths = [tmp_path / f"{number}.csv" for number in range(3)]
    for number, path in enumerate(paths):
        rows = [row(f"r{place}", amount=40 * MB, at=NOW - DAY + timedelta(seconds=place)) for place in range(60)]
        path.write_bytes(as_csv(rows[number * 10 :] if number else rows))

    def work(number: int) -> None:
        if number == len(paths):
            give_credit(line, 100, bonus=True)
        else:
            list(loading.load(paths[number], source="test", now=NOW))

    run_together(len(paths) + 1, work)
    assert UsageRecord.objects.count() == 60
    spent = 400 - credit_of(line)
    assert 300 <= spent <= 400
    _everything_adds_up(spent)


def test_a_line_whose_allowance_filled_up_meanwhile_is_locked_and_the_chunk_begun_anew(
    line: Line, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    from network import beyond

    give_credit(line, 1000)
    bucket = allowance(line, 2 * GB, period=period(line, says=True))
    seen = []

    def fill_up(cursor: Any, *, also: Any) -> Any:
        seen.append(set(also))
        found = locked(cursor, also=also)
        if len(seen) == 1:  # as another loader would, between the look and the lock
            type(bucket).objects.update(used=2 * GB)
        return found

    locked = beyond.lock
    monkeypatch.setattr(beyond, "lock", fill_up)
    load([row("a", amount=GB)])
    assert seen == [set(), {line.pk}]
    bucket.refresh_from_db()  # the first try was rolled back with what it had seen: the second finds room again
    assert (bucket.used, credit_of(line), UsageRecord.objects.get().overrun) == (GB, 1000, 0)


# --- The owner's say ---------------------------------------------------------------------------------------------------------


def test_credit_its_owner_keeps_is_not_touched_but_for_what_was_used_before(line: Line, load: Load) -> None:
    give_credit(line, 1000)
    Line.objects.filter(pk=line.pk).update(credit_use_off_at=NOW - DAY)
    load([row("before", amount=GB, at=NOW - DAY - HOUR), row("after", amount=GB, at=NOW - DAY + HOUR)])
    assert dict(UsageRecord.objects.values_list("record_id", "overrun")) == {"before": 0, "after": GB}


@pytest.mark.django_db(transaction=True)
def test_who_keeps_the_credit_is_told_to_the_core_once_each_way(line: Line) -> None:
    assert switch.switch(line.pk, is_on=False, now=NOW)
    assert not switch.switch(line.pk, is_on=False, now=NOW + HOUR)
    assert switch.switch(line.pk, is_on=True, now=NOW + 2 * HOUR)
    told = Command.objects.filter(line_id=line.pk, kind="line_set").order_by("sequence")
    assert [command.payload["uses_credit"] for command in told] == [False, True]
