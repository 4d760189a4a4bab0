"""What the database itself refuses, tried in SQL past every line of Python."""

from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from plans import periods
from plans.models import Allowance, Plan, PlanPeriod

pytestmark = pytest.mark.django_db


def sql(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def refused(by: str, *, error: type[DatabaseError] = IntegrityError):
    with pytest.raises(error, match=by):
        yield


@pytest.fixture
def running(line, plan_of, now):
    return periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")


@pytest.fixture
def queued(running, line, plan_of, now):
    return periods.queue(line=line, plan=plan_of("month-5"), now=now, origin="order:2")


INSERT = """
    INSERT INTO plans_planperiod (line_id, plan_id, kind, starts_at, ends_at, anchor_at, anchor_step, origin, cancelled_at)
    SELECT line_id, plan_id, %s, starts_at + %s::interval, ends_at + %s::interval, anchor_at, 0, %s, {cancelled}
    FROM plans_planperiod WHERE origin = 'order:1'
"""


def insert_beside(
    *, kind: str = "plan", shift: str = "1 second", origin: str = "order:x", cancelled: str = "NULL"
) -> None:
    sql(INSERT.format(cancelled=cancelled), kind, shift, shift, origin)


def test_two_plan_periods_of_a_line_that_overlap_by_a_second_are_refused(running):
    with refused("period_no_overlap"):
        insert_beside(shift="30 days 23:59:59")
    assert PlanPeriod.objects.count() == 1


def test_periods_that_meet_do_not_overlap(running):
    insert_beside(shift="31 days")

    assert PlanPeriod.objects.count() == 2


def test_an_add_on_may_run_beside_a_plan_and_a_cancelled_period_counts_no_more(running):
    insert_beside(kind="add_on", origin="order:2")
    insert_beside(cancelled="now()", origin="order:3")

    assert PlanPeriod.objects.count() == 3


def test_another_lines_period_is_no_overlap(running, plan_of, now):
    from tests import cast

    bao = cast.bao().lines.get()
    periods.begin(line=bao, plan=plan_of("month-15"), now=now, origin="order:2")

    assert PlanPeriod.objects.count() == 2


def swap(first: PlanPeriod, second: PlanPeriod) -> None:
    """The two change places, one statement after the other."""
    length = second.ends_at - second.starts_at
    sql(
        "UPDATE plans_planperiod SET starts_at = %s, ends_at = %s WHERE id = %s",
        first.starts_at,
        first.starts_at + length,
        second.pk,
    )
    sql(
        "UPDATE plans_planperiod SET starts_at = %s, ends_at = %s WHERE id = %s",
        first.starts_at + length,
        second.ends_at,
        first.pk,
    )


def test_two_periods_cannot_change_places_as_long_as_the_constraint_looks_at_once(running, queued):
    with refused("period_no_overlap"), transaction.atomic():
        swap(running, queued)


def test_two_periods_can_change_places_while_it_is_deferred(running, queued):
    with transaction.atomic():
        sql("SET CONSTRAINTS period_no_overlap DEFERRED")
        swap(running, queued)
        sql("SET CONSTRAINTS period_no_overlap IMMEDIATE")

    assert list(PlanPeriod.objects.order_by("starts_at").values_list("origin", flat=True)) == ["order:2", "order:1"]


def test_an_overlap_that_is_still_there_is_refused_when_the_constraint_looks_again(running, queued):
    with refused("period_no_overlap"), transaction.atomic():
        sql("SET CONSTRAINTS period_no_overlap DEFERRED")
        sql("UPDATE plans_planperiod SET ends_at = ends_at + interval '1 second' WHERE id = %s", running.pk)
        sql("SET CONSTRAINTS period_no_overlap IMMEDIATE")


def test_an_origin_grants_once(running):
    with refused("origin"):
        insert_beside(shift="400 days", origin="order:1")


def test_a_period_is_never_empty_and_never_backwards(running):
    for end in ("starts_at", "starts_at - interval '1 second'"):
        with refused("period_in_order"):
            sql(f"UPDATE plans_planperiod SET ends_at = {end}")


def test_a_period_stays_the_lines_and_the_plans_and_is_never_deleted(running, line, plan_of):
    with refused("Cannot update", error=DatabaseError):
        sql("UPDATE plans_planperiod SET plan_id = %s", plan_of("month-5").pk)
    with refused("Cannot update", error=DatabaseError):
        sql("UPDATE plans_planperiod SET origin = 'order:9'")
    with refused("Cannot delete", error=DatabaseError):
        sql("DELETE FROM plans_allowance")
    with refused("Cannot delete", error=DatabaseError):
        sql("DELETE FROM plans_planperiod")


def test_nobody_uses_or_gives_away_more_than_was_granted(running):
    data = running.allowances.get(unit="data")
    sql("UPDATE plans_allowance SET used = granted - 5, gifted = 5 WHERE id = %s", data.pk)
    for column in ("used", "gifted"):
        with refused("allowance_within_grant"):
            sql(f"UPDATE plans_allowance SET {column} = {column} + 1 WHERE id = %s", data.pk)
        with refused("allowance_not_negative"):
            sql(f"UPDATE plans_allowance SET {column} = -1 WHERE id = %s", data.pk)
    assert Allowance.objects.get(pk=data.pk).remaining == 0


def test_an_unlimited_allowance_counts_without_end(line, plan_of, now):
    period = periods.begin(line=line, plan=plan_of("month-40"), now=now, origin="order:1")
    sql("UPDATE plans_allowance SET used = 999999999999 WHERE unit = 'voice'")

    assert period.allowances.get(unit="voice").remaining is None


@pytest.mark.parametrize(
    ("assignment", "guard"),
    [
        ("price_minor = 0", "plan_price_positive"),
        ("price_minor = -100", "plan_price_positive"),
        ("on_sale_until = on_sale_from", "plan_sale_in_order"),
    ],
)
def test_a_plan_is_worth_something(catalogue, assignment, guard):
    with refused(guard):
        sql(f"UPDATE plans_plan SET {assignment} WHERE code = 'month-15'")


@pytest.mark.parametrize(
    "assignment", ["validity_count = 2", "validity_unit = 'day'", "kind = 'add_on'", "currency = 'USD'", "code = 'm'"]
)
def test_a_code_keeps_its_meaning(catalogue, assignment):
    with refused("Cannot update", error=DatabaseError):
        sql(f"UPDATE plans_plan SET {assignment} WHERE code = 'month-15'")
    assert Plan.objects.filter(
        code="month-15", validity_count=1, validity_unit="month", kind="plan", currency="EUR"
    ).exists()
