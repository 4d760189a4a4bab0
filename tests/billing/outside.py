"""Sales of a kiosk for tests, by the domain's own doors."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Line
from billing import orders
from billing.from_outside import reversing, selling, settling
from billing.from_outside.selling import Sale
from billing.from_outside.settling import Settlement
from billing.models import Order, RefundRequest
from lib.money import Money
from plans.models import Plan
from tests.billing.ordering import NOW


def sell(
    line: Line,
    minor: int = 1000,
    *,
    plan: str = "",
    source: str = "kiosks",
    place: str = "Kiosk 12",
    now: datetime = NOW,
    paid_at: datetime | None = None,
) -> Order:
    """Credit, or a plan at its price; paid ten minutes before `now` unless it says otherwise."""
    of = Plan.objects.select_related("zone").get(code=plan) if plan else None
    paid = Money(of.price_minor if of else minor, "EUR")
    with transaction.atomic():
        locked = orders.lock_line(line.pk)
        sale = Sale(
            source=source, line=locked, paid=paid, paid_at=paid_at or now - timedelta(minutes=10), plan=of, place=place
        )
        return selling.sell(sale, now=now)


def take_back(order: Order, *, source: str = "kiosks", now: datetime = NOW) -> RefundRequest:
    with transaction.atomic():
        return reversing.reverse(order.pk, line_id=order.line_id, source=source, now=now)


def settle(minor: int, *, source: str = "kiosks", reference: str = "statement", now: datetime = NOW) -> bool:
    handed_over = Settlement(source=source, reference=reference, amount=Money(minor, "EUR"), by="test")
    return settling.settle(handed_over, now=now)
