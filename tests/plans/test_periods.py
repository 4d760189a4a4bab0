"""Beginning, queueing and starting now: what a line has afterwards, to the second."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Line, LineState
from plans import grants, periods
from plans.models import Allowance, Plan, PlanPeriod
from plans.periods import NeedsRunningPlan, OriginReused, PlanRunning
from tests import cast
from tests.plans.oracle import on

SECOND = timedelta(seconds=1)
GB = 10**9


def amounts(period: PlanPeriod) -> dict[str, int | None]:
    return {allowance.unit: allowance.remaining for allowance in period.allowances.all()}


def test_a_month_plan_begins_now_and_grants_what_it_says(line, plan_of, now):
    period = periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")

    period.refresh_from_db()
    assert (period.starts_at, period.ends_at) == (now, on("2026-06-15 12:00", "Europe/Berlin"))
    assert (period.anchor_at, period.anchor_step, period.kind) == (now, 1, "plan")
    assert amounts(period) == {"data": 15 * GB, "voice": 500 * 60, "texts": 200}
    assert {(row.starts_at, row.expires_at, row.zone.code, row.line) for row in period.allowances.all()} == {
        (period.starts_at, period.ends_at, "eu", line)
    }


def test_a_line_in_stock_is_active_afterwards_and_a_blocked_one_stays_blocked(line, plan_of, now):
    periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")
    assert Line.objects.get(pk=line.pk).state == LineState.ACTIVE

    bao = cast.bao().lines.get()
    bao.move_to(LineState.BLOCKED, reason="test")
    periods.begin(line=bao, plan=plan_of("month-15"), now=now, origin="order:2")
    assert Line.objects.get(pk=bao.pk).state == LineState.BLOCKED


@pytest.mark.parametrize("asleep", [LineState.GRACE, LineState.SUSPENDED])
def test_a_line_in_grace_or_suspended_comes_back(line, plan_of, now, asleep):
    line.move_to(asleep, reason="test")

    periods.queue(line=line, plan=plan_of("day-1"), now=now, origin="order:1")

    assert Line.objects.get(pk=line.pk).state == LineState.ACTIVE


def test_begin_refuses_while_a_plan_runs_or_waits(line, plan_of, now):
    periods.begin(line=line, plan=plan_of("day-1"), now=now, origin="order:1")

    with pytest.raises(PlanRunning):
        periods.begin(line=line, plan=plan_of("day-1"), now=now + timedelta(hours=23), origin="order:2")
    assert PlanPeriod.objects.count() == 1


def test_the_same_origin_gives_the_same_period_and_nothing_more(line, plan_of, now):
    first = periods.queue(line=line, plan=plan_of("month-15"), now=now, origin="order:1")

    for give in (periods.begin, periods.queue, periods.start_now):
        assert give(line=line, plan=plan_of("month-15"), now=now + timedelta(days=3), origin="order:1") == first
    assert PlanPeriod.objects.count() == 1
    assert Allowance.objects.count() == 3


def test_an_origin_that_stands_for_another_plan_or_line_is_our_mistake(line, plan_of, now):
    periods.queue(line=line, plan=plan_of("month-15"), now=now, origin="order:1")

    with pytest.raises(OriginReused):
        periods.queue(line=line, plan=plan_of("month-5"), now=now, origin="order:1")
    with pytest.raises(OriginReused):
        periods.queue(line=cast.bao().lines.get(), plan=plan_of("month-15"), now=now, origin="order:1")
    assert PlanPeriod.objects.count() == 1


def test_what_the_order_froze_is_granted_not_what_the_catalogue_says_today(line, plan_of, now):
    plan = plan_of("month-15")
    frozen = grants.freeze(plan)
    plan.allowances.filter(unit="data").update(amount=1)
    plan.allowances.filter(unit="texts").delete()

    period = periods.queue(line=line, plan=plan, now=now, origin="order:1", grants=frozen)

    assert amounts(period) == {"data": 15 * GB, "voice": 500 * 60, "texts": 200}


def test_grants_keep_speed_zone_and_cap(line, plan_of, now):
    assert grants.freeze(plan_of("month-40"))[0] == {
        "unit": "data",
        "amount": 40 * GB,
        "full_speed_amount": None,
        "speed_after_kbit": None,
        "zone": "eu",
        "zone_cap": 39 * GB,
    }
    period = periods.begin(line=line, plan=plan_of("month-40"), now=now, origin="order:1")
    assert period.allowances.get(unit="data").zone_cap == 39 * GB
    assert period.allowances.get(unit="voice").granted is None


# --- Renewing early, late, and in the very second --------------------------------------------------------------------------


def test_renewed_early_it_is_queued_behind_everything_that_is_paid(line, plan_of, now):
    first = periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")
    second = periods.queue(line=line, plan=plan_of("quarter-45"), now=now + timedelta(days=1), origin="order:2")
    third = periods.queue(line=line, plan=plan_of("month-5"), now=now + timedelta(days=2), origin="order:3")

    assert second.starts_at == first.ends_at
    assert third.starts_at == second.ends_at == on("2026-09-15 12:00", "Europe/Berlin")
    assert third.ends_at == on("2026-10-15 12:00", "Europe/Berlin")
    assert (third.anchor_at, third.anchor_step) == (now, 5)
    assert set(third.allowances.values_list("starts_at", "expires_at")) == {(third.starts_at, third.ends_at)}


def test_a_chain_from_31_january_comes_back_to_the_31st(line, plan_of):
    begun = on("2026-01-31 14:20", "Europe/Berlin")
    for number in range(4):
        periods.queue(line=line, plan=plan_of("month-15"), now=begun, origin=f"order:{number}")

    ends = [period.ends_at for period in PlanPeriod.objects.order_by("starts_at")]
    assert ends == [on(f"2026-{day} 14:20", "Europe/Berlin") for day in ("02-28", "03-31", "04-30", "05-31")]


def test_the_lines_zone_decides_not_the_owners(line, plan_of):
    Line.objects.filter(pk=line.pk).update(time_zone="Asia/Shanghai")
    begun = on("2026-01-31 23:30", "Asia/Shanghai")

    period = periods.begin(line=line, plan=plan_of("month-15"), now=begun, origin="order:1")

    assert period.ends_at == on("2026-02-28 23:30", "Asia/Shanghai")


def test_applied_one_second_before_the_end_it_is_queued_and_loses_nothing(line, plan_of, now):
    first = periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")

    second = periods.queue(line=line, plan=plan_of("month-15"), now=first.ends_at - SECOND, origin="order:2")

    assert (second.starts_at, second.anchor_step) == (first.ends_at, 2)


@pytest.mark.parametrize("fraction", [0, 1, 999_999])
def test_applied_in_the_very_second_of_the_end_the_chain_goes_on(line, plan_of, fraction):
    begun = on("2026-01-31 00:00", "Europe/Berlin")
    first = periods.begin(line=line, plan=plan_of("month-15"), now=begun, origin="order:1")

    at = first.ends_at + timedelta(microseconds=fraction)
    second = periods.queue(line=line, plan=plan_of("month-15"), now=at, origin="order:2")

    assert second.starts_at == first.ends_at == on("2026-02-28 00:00", "Europe/Berlin")
    assert second.ends_at == on("2026-03-31 00:00", "Europe/Berlin")


def test_applied_one_second_after_the_end_it_starts_then_and_is_not_dated_back(line, plan_of, now):
    first = periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")
    late = first.ends_at + SECOND

    second = periods.queue(line=line, plan=plan_of("month-15"), now=late, origin="order:2")

    assert (second.starts_at, second.anchor_at, second.anchor_step) == (late, late, 1)


def test_a_day_plan_over_the_change_of_clocks_lasts_24_hours(line, plan_of):
    begun = on("2026-03-28 12:00", "Europe/Berlin")

    period = periods.begin(line=line, plan=plan_of("day-1"), now=begun, origin="order:1")

    assert period.ends_at == on("2026-03-29 13:00", "Europe/Berlin")


def test_a_period_runs_in_its_first_second_and_no_more_in_its_last(line, plan_of, now):
    period = periods.begin(line=line, plan=plan_of("day-1"), now=now, origin="order:1")
    running = [
        list(PlanPeriod.objects.running(at)) == [period]
        for at in (now - SECOND, now, period.ends_at - SECOND, period.ends_at)
    ]

    assert running == [False, True, True, False]
    assert list(PlanPeriod.objects.queued(now - SECOND)) == list(PlanPeriod.objects.past(period.ends_at)) == [period]


# --- Starting now ----------------------------------------------------------------------------------------------------------


def test_starting_now_cuts_what_runs_and_ends_its_allowances(line, plan_of, now):
    first = periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")
    later = now + timedelta(days=10)

    second = periods.start_now(line=line, plan=plan_of("month-5"), now=later, origin="order:2")

    first.refresh_from_db()
    assert first.ends_at == second.starts_at == later
    assert set(first.allowances.values_list("expires_at", flat=True)) == {later}
    assert (second.anchor_at, second.anchor_step) == (later, 1)
    assert second.ends_at == on("2026-06-25 12:00", "Europe/Berlin")
    assert amounts(second) == {"data": 5 * GB, "voice": 200 * 60, "texts": 100}


def test_starting_now_leaves_add_ons_and_gifts_alone(line, plan_of, now):
    first = periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")
    more = periods.add_on(line=line, plan=plan_of("more-5"), now=now, origin="order:2")
    abroad = periods.add_on(line=line, plan=plan_of("world-2"), now=now, origin="order:3")
    gift = Allowance.objects.create(
        line=line,
        unit="data",
        granted=GB,
        starts_at=now,
        expires_at=first.ends_at,
        zone=plan_of("month-15").zone,
        origin="gift:1",
    )
    before = list(Allowance.objects.exclude(period=first).order_by("id").values())

    periods.start_now(line=line, plan=plan_of("month-5"), now=now + timedelta(days=1), origin="order:4")

    assert list(Allowance.objects.filter(origin__in=["order:2", "order:3", "gift:1"]).order_by("id").values()) == before
    more.refresh_from_db()
    abroad.refresh_from_db()
    assert more.ends_at == gift.expires_at == on("2026-06-15 12:00", "Europe/Berlin")
    assert abroad.ends_at == now + timedelta(days=7)


def test_starting_now_when_nothing_runs_just_begins(line, plan_of, now):
    period = periods.start_now(line=line, plan=plan_of("day-1"), now=now, origin="order:1")

    assert (period.starts_at, period.ends_at) == (now, now + timedelta(days=1))


def test_two_orders_started_now_in_the_same_second_lose_nothing(line, plan_of, now):
    first = periods.start_now(line=line, plan=plan_of("day-1"), now=now, origin="order:1")
    second = periods.start_now(line=line, plan=plan_of("day-1"), now=now, origin="order:2")
    third = periods.start_now(line=line, plan=plan_of("day-1"), now=now, origin="order:3")

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.starts_at, first.ends_at) == (now, now + SECOND)
    assert (third.starts_at, third.ends_at) == (now + SECOND, now + SECOND + timedelta(days=1))
    assert (second.starts_at, second.ends_at) == (third.ends_at, third.ends_at + timedelta(days=1))


# --- Add-ons ---------------------------------------------------------------------------------------------------------------


def test_an_add_on_with_the_plan_ends_with_it_and_one_of_its_own_runs_its_days(line, plan_of, now):
    running = periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")
    later = now + timedelta(days=28)

    more = periods.add_on(line=line, plan=plan_of("more-5"), now=later, origin="order:2")
    abroad = periods.add_on(line=line, plan=plan_of("world-2"), now=later, origin="order:3")

    assert (more.starts_at, more.ends_at) == (later, running.ends_at)
    assert (abroad.starts_at, abroad.ends_at) == (later, later + timedelta(days=7))
    assert amounts(more) == {"data": 5 * GB}
    assert abroad.allowances.get(unit="voice").zone.code == "world"


def test_an_add_on_that_needs_a_plan_is_refused_when_none_runs(line, plan_of, now):
    for code in ("more-5", "world-2"):
        assert not periods.fits(plan=plan_of(code), line=line, now=now)
        with pytest.raises(NeedsRunningPlan):
            periods.add_on(line=line, plan=plan_of(code), now=now, origin="order:1")
    assert not PlanPeriod.objects.exists()

    running = periods.begin(line=line, plan=plan_of("day-1"), now=now, origin="order:1")
    assert periods.fits(plan=plan_of("more-5"), line=line, now=running.ends_at - SECOND)
    assert not periods.fits(plan=plan_of("more-5"), line=line, now=running.ends_at)


# --- Bringing in what another system sold ----------------------------------------------------------------------------------


def test_an_imported_period_keeps_its_start_end_and_what_is_left(line, plan_of, now):
    plan = plan_of("month-15")
    starts_at, ends_at = on("2026-05-01 00:00", "Europe/Berlin"), on("2026-05-31 00:00", "Europe/Berlin")
    slot = periods.imported_slot(line, plan, starts_at=starts_at, ends_at=ends_at)

    period = periods.bring_in(line=line, plan=plan, slot=slot, origin="import:1", used={"data": 9 * GB})
    renewed = periods.queue(line=line, plan=plan, now=now, origin="order:1")

    assert (period.starts_at, period.ends_at) == (starts_at, ends_at)
    assert amounts(period) == {"data": 6 * GB, "voice": 500 * 60, "texts": 200}
    assert (renewed.starts_at, renewed.anchor_at) == (ends_at, ends_at)
    assert renewed.ends_at == on("2026-06-30 00:00", "Europe/Berlin")


def test_an_imported_period_that_we_would_have_counted_alike_keeps_its_chain(line, plan_of, now):
    plan = plan_of("month-15")
    starts_at, ends_at = on("2026-04-30 08:00", "Europe/Berlin"), on("2026-05-30 08:00", "Europe/Berlin")

    slot = periods.imported_slot(line, plan, starts_at=starts_at, ends_at=ends_at)

    assert (slot.anchor_at, slot.anchor_step) == (starts_at, 1)


# --- The price in statements -----------------------------------------------------------------------------------------------


def test_beginning_and_queueing_take_at_most_six_statements(line, plan_of, now, django_assert_max_num_queries):
    plan = plan_of("month-15")
    frozen = grants.freeze(plan)
    with django_assert_max_num_queries(6):
        periods.queue(line=line, plan=plan, now=now, origin="order:1", grants=frozen)
    with django_assert_max_num_queries(5):
        periods.queue(line=line, plan=plan, now=now, origin="order:2", grants=frozen)


def test_starting_now_takes_at_most_nine_and_four_more_when_something_moves(
    line, plan_of, now, django_assert_max_num_queries
):
    plan = plan_of("month-15")
    frozen = grants.freeze(plan)
    periods.queue(line=line, plan=plan, now=now, origin="order:1", grants=frozen)
    with django_assert_max_num_queries(9):
        periods.start_now(line=line, plan=plan, now=now + timedelta(days=1), origin="order:2", grants=frozen)
    periods.queue(line=line, plan=plan, now=now, origin="order:3", grants=frozen)
    with CaptureQueriesContext(connection) as captured:
        periods.start_now(line=line, plan=plan, now=now + timedelta(days=2), origin="order:4", grants=frozen)
    said = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "SET"))]
    assert len(said) <= 13


@pytest.mark.django_db(transaction=True)
def test_periods_are_written_only_inside_a_transaction():
    line = cast.anna().lines.get()
    at = on("2026-05-15 12:00", "Europe/Berlin")

    with pytest.raises(transaction.TransactionManagementError):
        periods.reflow(line=line, now=at)
    with pytest.raises(transaction.TransactionManagementError):
        periods.begin(line=line, plan=Plan(), now=at, origin="order:1")
