"""What one transaction has to tell: an order's events and messages, written together at its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from billing import payer_codes
from billing.models import LedgerAccount, Order, OrderEvent
from lib.money import Money
from lib.rows import insert
from notifications import kinds, outbox
from notifications.outbox import Outgoing, Recipient


@dataclass
class Journal:
    """Belongs to one order in one transaction, whose end calls `write`. `pots`: accounts that were read in it."""

    order: Order
    now: datetime
    events: list[OrderEvent] = field(default_factory=list)
    messages: list[Outgoing] = field(default_factory=list)
    pots: list[LedgerAccount] = field(default_factory=list)

    def note(self, kind: str, *, actor: str, **detail: Any) -> None:
        """One more line of the order's history."""
        self.events.append(OrderEvent(order=self.order, kind=kind, at=self.now, actor=actor, detail=detail))

    def tell(self, kind: str, context: Mapping[str, Any], *, event: str) -> None:
        """A message on each channel of its kind: the line by SMS, the payer by e-mail; `event` makes it once.

        Who paid for another's number hears of their money alone, and what they typed themselves.
        """
        order = self.order
        if order.is_by_other and kind not in _OF_OTHERS:
            return
        common = {"reference": order.reference, "price": money(order.price), **_whose(order)}
        self.messages += [
            Outgoing(
                kind=kind,
                channel=channel,
                to=_recipient(order, channel),
                context={**common, **context},
                key=f"{order.subject}:{event}:{channel}",
                subject=order.subject,
            )
            for channel in kinds.channels(kind)
        ]

    def write(self) -> None:
        """Two statements at most."""
        insert(self.events)
        outbox.send_many(self.messages)
        self.events, self.messages = [], []


#: What is told of an order that somebody paid for a number that need not be theirs.
_OF_OTHERS = {
    "topped_up_by_other",
    "top_up_for_other",
    "top_up_taken_back",
    "refund_granted",
    "refund_needs_payer",
    "money_returned",
}


def _whose(order: Order) -> dict[str, str]:
    if order.is_by_other:
        return {"msisdn": order.guest_top_up.msisdn, "url": payer_codes.page_of_order(order)}
    return {"msisdn": order.line.msisdn, "url": settings.PORTAL_ORIGIN + reverse("order", args=[order.pk])}


def money(amount: Money) -> dict[str, Any]:
    """Money as message contexts hold it."""
    return {"minor": amount.minor, "currency": amount.currency}


def _recipient(order: Order, channel: str) -> Recipient:
    if channel == "sms":
        return Recipient(address=order.line.msisdn, language=order.line.language, time_zone=order.line.time_zone)
    return Recipient(address=order.payer_email, language=order.payer_language, time_zone=order.payer_time_zone)
