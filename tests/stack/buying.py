"""Anna buys without a browser: the order is placed and its payment page opened through the portal's own code."""

from dataclasses import dataclass

from django.db import connection

from accounts.models import Subscriber
from billing.models import LedgerEntry, Order, OrderState, Payment, WebhookEvent
from billing.paying import checkout
from lib import clock, queue
from notifications.models import Message, MessageState
from plans.models import PlanPeriod
from tests.billing.ordering import order_plan
from tests.cast import anna
from tests.stack.invariants import broken
from tests.stack.running import Portal, until


@dataclass(frozen=True)
class Purchase:
    """An order whose payment page is open."""

    buyer: Subscriber
    order_id: str
    session_id: str

    @property
    def order(self) -> Order:
        return Order.objects.get(pk=self.order_id)

    def is_applied(self) -> bool:
        return self.order.state == OrderState.APPLIED


def open_page(buyer: Subscriber | None = None, code: str = "month-15") -> Purchase:
    buyer = buyer or anna()
    placed = order_plan(buyer, code, now=clock.now())
    checkout.start(placed.pk)
    session_id = Payment.objects.get(order=placed).session_id
    assert session_id
    return Purchase(buyer, str(placed.pk), session_id)


def wait_for_apply(purchase: Purchase, *, seconds: float = 30) -> None:
    until(purchase.is_applied, seconds=seconds)


def let_leases_end() -> None:
    """As if the time had passed after which somebody else may try: events, payments and messages of a lost worker."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE billing_webhookevent SET next_try_at = now() - interval '1 hour'")
        cursor.execute("UPDATE billing_payment SET created_at = now() - interval '1 hour', asked_at = NULL")
        cursor.execute(
            "UPDATE notifications_message SET claimed_at = now() - interval '1 hour' WHERE state = 'claimed'"
        )
        cursor.execute("UPDATE notifications_message SET next_try_at = now() - interval '1 hour' WHERE state = 'due'")


def settle_down(purchase: Purchase) -> None:
    """Time goes by and beat sweeps until the order is applied, every notice dealt with and every message at its end."""

    def is_quiet() -> bool:
        let_leases_end()
        sweep()
        on_the_way = Message.objects.filter(state__in=(MessageState.DUE, MessageState.CLAIMED))
        return purchase.is_applied() and events_handled() and not on_the_way.exists()

    until(is_quiet, every=0.5)


def sweep() -> None:
    """What beat does every 15 seconds."""
    for name in ("billing.sweep_events", "billing.sweep_payments", "notifications.sweep"):
        queue.wake(name)


def assert_applied_once(portal: Portal, purchase: Purchase) -> None:
    """One application, one booking, one message of each kind; and the books hold."""
    assert purchase.order.state == OrderState.APPLIED
    assert PlanPeriod.objects.filter(origin=f"order:{purchase.order_id}").count() == 1
    booked = LedgerEntry.objects.filter(order_id=purchase.order_id).values_list("kind", flat=True)
    assert sorted(booked) == ["payment", "sale", "vat"]
    assert broken() == {}


def wait_for_messages(portal: Portal) -> list[str]:
    """Kinds of what arrived, once nothing is on its way any more: `sms renewed`, `email renewed`, …"""
    on_the_way = (MessageState.DUE, MessageState.CLAIMED)
    until(lambda: not Message.objects.filter(state__in=on_the_way).exists())
    by_reference = {str(message.pk): f"{message.channel} {message.kind}" for message in Message.objects.all()}
    arrived = portal.sandbox.messages()
    return sorted(by_reference[_reference(message["reference"])] for message in arrived)


def _reference(text: str) -> str:
    return text.strip("<>").partition("@")[0]


def events_handled() -> bool:
    """Whether every notice that came has been dealt with."""
    states = set(WebhookEvent.objects.values_list("state", flat=True))
    return bool(states) and states <= {"done", "ignored"}
