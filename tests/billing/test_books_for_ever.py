"""Random months: what they say when they close is what they say ever after, and what is not yet served is counted twice."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor

import pytest
from hypothesis import HealthCheck, given, settings

from billing import books
from billing.books import Books
from billing.books.month import Month
from billing.models import LedgerEntry, Order, Start
from lib.money import Money
from plans.models import PlanPeriod
from tests.billing.booked import booked
from tests.billing.ordering import load_reference_data, order_plan, pay
from tests.billing.planting import plant
from tests.billing.test_everything_together import STEPS, Step, Story

BEGUN, OVER = datetime(2026, 11, 8, 9, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


class Renewing(Story):
    """Every other plan starts now and cuts what runs."""

    def _buy(self, which: int, minor: int) -> None:
        code = ("month-15", "day-1", "month-5")[which % 3]
        pay(order_plan(self.person, code, now=self.now, start=Start.NOW if which % 2 else Start.QUEUE), now=self.now)


def go_on(story: Story, steps: list[Step], *, until: datetime | None = None) -> None:
    for step in steps:
        with booked(story.now):
            story.take(step)
        if until and story.now >= until:
            story.now = until - timedelta(minutes=1)


def told(drawn: Books) -> list[tuple[str, list[tuple[object, ...]]]]:
    return [(table.name, [tuple(row) for row in table.rows]) for table in drawn.tables]


def not_yet_served() -> int:
    """Counted from the periods as they stand at this moment, in minor units."""
    total = 0
    for period in PlanPeriod.objects.filter(cancelled_at=None, ends_at__gt=OVER, origin__startswith="order:"):
        order = Order.objects.get(pk=period.origin.removeprefix("order:"))
        entries = LedgerEntry.objects.filter(order=order, created_at__lt=OVER)
        net = sum(row.amount_minor for row in entries if row.kind == "sale")
        net -= sum(row.amount_minor for row in entries if row.kind == "sale_reversed")
        left = (period.ends_at - max(period.starts_at, OVER)) / timedelta(seconds=1)
        whole = (period.ends_at - period.starts_at) / timedelta(seconds=1)
        total += max(0, floor(net * Fraction(int(left), int(whole)))) if net else 0
    return total


@pytest.mark.django_db(transaction=True)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(month=STEPS, later=STEPS)
def test_a_random_month_adds_up_and_says_the_same_for_ever(
    transactional_db: None, month: list[Step], later: list[Step]
) -> None:
    load_reference_data()
    plant("TRUNCATE accounts_line, billing_order, billing_ledgeraccount CASCADE")
    story = Renewing()
    story.now = BEGUN
    go_on(story, month, until=OVER)
    closed = books.draw_up(Month.named("2026-11"))
    assert closed.wrong == []
    unserved = next(table.rows for table in closed.tables if table.name == "unserved")
    assert sum(row[5].minor for row in unserved if isinstance(row[5], Money)) == not_yet_served()
    story.now = OVER + timedelta(hours=1)
    go_on(story, later)
    assert told(books.draw_up(Month.named("2026-11"))) == told(closed)
    assert books.draw_up(Month.named("2026-12")).wrong == []
