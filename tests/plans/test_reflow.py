"""Queued periods move up, and only `reflow` moves them; the preview says beforehand what will be."""

import itertools
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plans import periods
from plans.models import Allowance, PlanPeriod
from tests.plans.oracle import on

GB = 10**9
BERLIN = "Europe/Berlin"


def timeline() -> list[tuple[str, datetime, datetime]]:
    return list(PlanPeriod.objects.standing().order_by("starts_at").values_list("origin", "starts_at", "ends_at"))


@pytest.fixture
def buy(line, plan_of):
    """Queue a plan: `buy("month-15", at)`."""
    count = iter(range(1, 100))
    return lambda code, at: periods.queue(line=line, plan=plan_of(code), now=at, origin=f"order:{next(count)}")


def test_starting_now_moves_queued_periods_behind_the_new_one_and_their_allowances_with_them(line, plan_of, buy):
    begun = on("2026-01-31 10:00", BERLIN)
    for code in ("month-15", "month-5", "quarter-45"):
        buy(code, begun)
    cut_at = on("2026-02-20 18:30", BERLIN)

    periods.start_now(line=line, plan=plan_of("month-40"), now=cut_at, origin="order:now")

    assert timeline() == [
        ("order:1", begun, cut_at),
        ("order:now", cut_at, on("2026-03-20 18:30", BERLIN)),
        ("order:2", on("2026-03-20 18:30", BERLIN), on("2026-04-20 18:30", BERLIN)),
        ("order:3", on("2026-04-20 18:30", BERLIN), on("2026-07-20 18:30", BERLIN)),
    ]
    for period in PlanPeriod.objects.all():
        assert set(period.allowances.values_list("starts_at", "expires_at")) == {(period.starts_at, period.ends_at)}


def test_after_a_cut_the_chain_is_counted_from_the_cut(line, plan_of, buy):
    begun = on("2026-01-10 10:00", BERLIN)
    for _number in range(3):
        buy("month-15", begun)

    periods.start_now(line=line, plan=plan_of("month-15"), now=on("2026-01-31 07:00", BERLIN), origin="order:now")

    assert [end for _origin, _start, end in timeline()][1:] == [
        on(f"2026-{day} 07:00", BERLIN) for day in ("02-28", "03-31", "04-30")
    ]
    assert set(PlanPeriod.objects.exclude(origin="order:1").values_list("anchor_at", flat=True)) == {
        on("2026-01-31 07:00", BERLIN)
    }


def test_a_day_plan_started_now_makes_what_waits_begin_a_new_chain(line, plan_of, buy):
    begun = on("2026-01-31 10:00", BERLIN)
    buy("month-15", begun)
    buy("month-15", begun)

    day = periods.start_now(line=line, plan=plan_of("day-1"), now=on("2026-02-05 12:00", BERLIN), origin="order:now")

    waiting = PlanPeriod.objects.get(origin="order:2")
    assert (waiting.starts_at, waiting.anchor_at, waiting.anchor_step) == (day.ends_at, day.ends_at, 1)
    assert waiting.ends_at == on("2026-03-06 12:00", BERLIN)


def test_when_what_ran_is_cancelled_the_next_begins_at_once(line, buy):
    begun = on("2026-05-01 10:00", BERLIN)
    first = buy("month-15", begun)
    second = buy("month-5", begun)
    third = buy("month-5", begun)
    first.cancelled_at = on("2026-05-10 09:00", BERLIN)
    first.save(update_fields=["cancelled_at"])

    moved = periods.reflow(line=line, now=on("2026-05-10 09:00", BERLIN))

    assert [move.period for move in moved] == [second, third]
    assert timeline() == [
        ("order:2", on("2026-05-10 09:00", BERLIN), on("2026-06-10 09:00", BERLIN)),
        ("order:3", on("2026-06-10 09:00", BERLIN), on("2026-07-10 09:00", BERLIN)),
    ]


def test_a_queued_period_that_is_cancelled_leaves_no_gap(line, buy):
    begun = on("2026-05-01 10:00", BERLIN)
    first, second, third = (buy(code, begun) for code in ("month-15", "quarter-45", "month-5"))
    second.cancelled_at = begun
    second.save(update_fields=["cancelled_at"])

    periods.reflow(line=line, now=begun + timedelta(days=1))

    third.refresh_from_db()
    assert (third.starts_at, third.anchor_step) == (first.ends_at, 2)


def test_reflow_of_a_line_in_order_moves_nothing_and_writes_nothing(line, buy, django_assert_num_queries):
    begun = on("2026-01-31 10:00", BERLIN)
    for code in ("month-15", "day-1", "quarter-45"):
        buy(code, begun)

    with django_assert_num_queries(1):
        assert periods.reflow(line=line, now=begun + timedelta(days=40)) == []


def test_the_constraint_looks_at_once_again_when_reflow_returns(line, plan_of, buy):
    begun = on("2026-01-31 10:00", BERLIN)
    buy("month-15", begun)
    buy("month-15", begun)
    periods.start_now(line=line, plan=plan_of("month-15"), now=begun + timedelta(days=3), origin="order:now")

    with pytest.raises(IntegrityError, match="period_no_overlap"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE plans_planperiod SET ends_at = ends_at + interval '1 day' WHERE origin = 'order:now'")


def test_reflow_locks_allowances_in_the_agreed_order_and_defers_only_around_its_own_statements(line, plan_of, buy):
    begun = on("2026-01-31 10:00", BERLIN)
    buy("month-15", begun)
    buy("month-15", begun)

    with CaptureQueriesContext(connection) as captured:
        periods.start_now(line=line, plan=plan_of("month-15"), now=begun + timedelta(days=3), origin="order:now")

    said = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    deferred, immediate = (
        said.index(f"SET CONSTRAINTS period_no_overlap {word}") for word in ("DEFERRED", "IMMEDIATE")
    )
    assert [sql.split()[:2] for sql in said[deferred + 1 : immediate]] == [
        ["UPDATE", '"plans_planperiod"'],
        ["UPDATE", '"plans_allowance"'],
    ]
    locks = [sql for sql in said if "FOR NO KEY UPDATE" in sql]
    assert [sql.partition("FROM ")[2].split()[0] for sql in locks] == [
        '"accounts_line"',
        '"plans_allowance"',
        '"plans_allowance"',
    ]
    assert all('ORDER BY "plans_allowance"."expires_at" ASC, "plans_allowance"."id" ASC' in sql for sql in locks[1:])
    assert said.index(locks[2]) < deferred


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    orders=st.lists(
        st.tuples(
            st.sampled_from(["day-1", "days-7", "month-15", "quarter-45"]),
            st.booleans(),
            st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40)),
        ),
        min_size=1,
        max_size=7,
    )
)
def test_whatever_is_bought_and_however_it_starts_nothing_overlaps_and_nothing_paid_is_lost(line, plan_of, orders):
    """The running and queued periods stand in one row without gaps; each that was not cut keeps its full length."""
    with transaction.atomic():
        at = on("2026-01-29 23:59:58", BERLIN)
        for number, (code, is_now, wait) in enumerate(orders):
            at += wait
            give = periods.start_now if is_now else periods.queue
            seen = periods.preview(line=line, plan=plan_of(code), start="now" if is_now else "queue", now=at)
            given_period = give(line=line, plan=plan_of(code), now=at, origin=f"order:{number}")
            assert (given_period.starts_at, given_period.ends_at) == (seen.starts_at, seen.ends_at)
            standing = list(PlanPeriod.objects.filter(ends_at__gt=at, kind="plan").order_by("starts_at"))
            assert all(one.ends_at == two.starts_at for one, two in itertools.pairwise(standing))
            assert standing[0].starts_at <= at
            for move in seen.moved:
                assert PlanPeriod.objects.get(pk=move.period.pk).starts_at == move.slot.starts_at
            assert periods.reflow(line=line, now=at) == []
        transaction.set_rollback(True)


# --- What the review page shows beforehand ---------------------------------------------------------------------------------


def test_the_preview_of_starting_now_names_what_is_cut_lost_and_moved_and_writes_nothing(line, plan_of, buy):
    begun = on("2026-05-01 10:00", BERLIN)
    first, second = buy("month-15", begun), buy("month-5", begun)
    Allowance.objects.filter(period=first, unit="data").update(used=14 * GB)
    Allowance.objects.filter(period=first, unit="texts").update(used=200)
    before = timeline()
    at = on("2026-05-20 10:00", BERLIN)

    seen = periods.preview(line=line, plan=plan_of("month-40"), start="now", now=at)

    assert (seen.starts_at, seen.ends_at, seen.cut_period) == (at, on("2026-06-20 10:00", BERLIN), first)
    assert {(allowance.unit, allowance.remaining) for allowance in seen.lost} == {("data", GB), ("voice", 500 * 60)}
    assert [(move.period, move.slot.starts_at) for move in seen.moved] == [(second, seen.ends_at)]
    assert timeline() == before


def test_the_preview_of_queueing_cuts_and_moves_nothing(line, plan_of, buy):
    begun = on("2026-05-01 10:00", BERLIN)
    first = buy("month-15", begun)

    seen = periods.preview(line=line, plan=plan_of("month-40"), start="queue", now=begun + timedelta(days=3))

    assert seen == periods.PeriodPreview(first.ends_at, on("2026-07-01 10:00", BERLIN))


def test_the_preview_of_an_add_on_shows_when_it_ends(line, plan_of, buy):
    begun = on("2026-05-01 10:00", BERLIN)
    with pytest.raises(periods.NeedsRunningPlan):
        periods.preview(line=line, plan=plan_of("more-5"), start="queue", now=begun)
    first = buy("month-15", begun)

    seen = periods.preview(line=line, plan=plan_of("more-5"), start="queue", now=begun + timedelta(days=3))

    assert seen == periods.PeriodPreview(begun + timedelta(days=3), first.ends_at)


def test_the_default_is_to_wait_until_the_data_is_used_up(line, plan_of, buy):
    begun = on("2026-05-01 10:00", BERLIN)
    assert periods.default_start(line, begun) == "queue"
    first = buy("month-15", begun)
    data = Allowance.objects.filter(period=first, unit="data")
    voice = Allowance.objects.filter(period=first, unit="voice")

    voice.update(used=500 * 60)
    data.update(used=15 * GB - 1)
    assert periods.default_start(line, begun) == "queue"

    data.update(used=14 * GB, gifted=GB)
    assert periods.default_start(line, begun) == "now"
    assert periods.default_start(line, first.ends_at) == "queue"
