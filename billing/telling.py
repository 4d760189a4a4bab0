"""What people are told about an order: the line by SMS, the payer by e-mail, each event once a channel."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from billing import ledger
from billing.models import Order, OrderWhat, Refund, ReviewItem
from lib.money import Money
from notifications import kinds, outbox
from notifications.outbox import Outgoing, Recipient
from plans.models import PlanKind, PlanPeriod


def money_received(order: Order, received: Money) -> None:
    """The payer hears that the money is here; `held_for` tells the payments of one order apart."""
    total = ledger.held_for(order.pk).get(received.currency, 0) if order.state == "review" else received.minor
    _tell(order, "payment_received", {"received": _money(received)}, event=f"received:{received.currency}:{total}")


def applied(order: Order, period: PlanPeriod | None, *, now: datetime) -> None:
    """Credit added, an add-on added, or renewed until …"""
    if order.what == OrderWhat.TOP_UP or period is None or order.plan is None:
        paid, bonus = ledger.credit_of(order.line)
        _tell(order, "topped_up", {"amount": _money(order.price), "credit": _money(paid + bonus)}, event="applied")
        return
    kind = "add_on_applied" if order.plan.kind == PlanKind.ADD_ON else "renewed"
    context = {
        "plan": order.plan.name,
        "starts_at": period.starts_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
        "is_queued": period.starts_at > now,
    }
    _tell(order, kind, context, event="applied")


def payment_failed(order: Order) -> None:
    """Money that was on its way did not arrive; nothing was charged."""
    count = order.events.filter(kind="payment_failed").count()
    _tell(order, "payment_failed", {}, event=f"failed:{count}")


def money_held(order: Order, item: ReviewItem) -> None:
    """What stays held, why, and the two ways out of it."""
    held = Money(ledger.held_for(order.pk).get(item.currency, 0), item.currency)
    context = {"held": _money(held), "why": item.kind, "missing": _money(_missing(order, held))}
    _tell(order, "money_held", context, event=f"held:{item.pk}:{held.minor}")


def _missing(order: Order, held: Money) -> Money:
    same = held.minor if held.currency == order.currency else 0
    return Money(max(order.price_minor - same, 0), order.currency)


def money_returned(order: Order, refund: Refund) -> None:
    """The gateway has sent it back."""
    amount = Money(refund.amount_minor, refund.currency)
    _tell(order, "money_returned", {"amount": _money(amount)}, event=f"returned:{refund.pk}")


def _tell(order: Order, kind: str, context: Mapping[str, Any], *, event: str) -> None:
    common = {
        "reference": order.reference,
        "msisdn": order.line.msisdn,
        "price": _money(order.price),
        "url": settings.PORTAL_ORIGIN + reverse("order", args=[order.pk]),
    }
    outbox.send_many(
        [
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
    )


def _recipient(order: Order, channel: str) -> Recipient:
    if channel == "sms":
        return Recipient(address=order.line.msisdn, language=order.line.language, time_zone=order.line.time_zone)
    return Recipient(address=order.payer_email, language=order.payer_language, time_zone=order.payer_time_zone)


def _money(amount: Money) -> dict[str, Any]:
    return {"minor": amount.minor, "currency": amount.currency}
