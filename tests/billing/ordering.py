"""Orders and payments for tests, placed through the portal's own doors; the gateway's word is given as a fact."""

import io
import uuid
from datetime import UTC, datetime
from typing import Any

from django.core.management import call_command
from django.db import transaction

from accounts.models import Subscriber
from billing import orders
from billing.fulfilment import settle
from billing.gateways.facts import FactState, PaymentFact
from billing.models import Method, Order, Payment, PaymentState, Start
from billing.orders import Wish
from lib.money import Money
from plans.models import Plan

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def load_reference_data() -> None:
    """The catalogue on sale and the VAT rates."""
    for command in ("load_catalogue", "load_vat_rates"):
        call_command(command, stdout=io.StringIO())


def order_plan(
    buyer: Subscriber, code: str = "month-15", *, method: Method = Method.CARD, now: datetime = NOW, **fields: Any
) -> Order:
    """An order of `buyer` for a plan on their first line."""
    plan = Plan.objects.get(code=code)
    wish = Wish(
        line=buyer.lines[0],
        buyer=buyer,
        method=method,
        form_token=fields.pop("form_token", None) or uuid.uuid4(),
        shown_price_minor=fields.pop("shown_price_minor", plan.price_minor),
        plan=plan,
        start=fields.pop("start", Start.QUEUE),
        consents={"start_at_once": True, "text_version": "test", "at": now.isoformat()},
    )
    return orders.place(wish, now=now)


def order_top_up(buyer: Subscriber, minor: int = 1000, *, now: datetime = NOW) -> Order:
    """An order of `buyer` for credit on their first line."""
    wish = Wish(
        line=buyer.lines[0],
        buyer=buyer,
        method=Method.CARD,
        form_token=uuid.uuid4(),
        shown_price_minor=minor,
        top_up_minor=minor,
    )
    return orders.place(wish, now=now)


def payment_for(order: Order, *, minor: int | None = None) -> Payment:
    """A payment whose page is open, as `checkout.start` leaves it."""
    number = uuid.uuid4().hex[:12]
    with transaction.atomic():
        payment = Payment.objects.create(
            order=order, amount_minor=minor or order.price_minor, currency=order.currency, idempotency_key=number
        )
        payment.move_to(PaymentState.OPEN, session_id=f"cs_test_{number}", page_url="http://127.0.0.1/pay")
    return payment


def received(payment: Payment, minor: int | None = None, currency: str = "EUR") -> PaymentFact:
    """The gateway says that the money of `payment` is there."""
    return PaymentFact(
        state=FactState.SUCCEEDED,
        intent_id=f"pi_{payment.pk.hex}",
        received=Money(payment.amount_minor if minor is None else minor, currency),
        method_label="Visa ···4242",
    )


def pay(order: Order, minor: int | None = None, currency: str = "EUR", *, now: datetime = NOW) -> Payment:
    """A new payment of `order` that succeeds at the gateway and is settled."""
    payment = payment_for(order)
    settle(payment, received(payment, minor, currency), now=now)
    order.refresh_from_db()
    payment.refresh_from_db()
    return payment
