"""What a line's owner hears of changes of their queued plans: each thing once, by SMS to the line and by e-mail to themselves."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from billing.journal import money
from billing.models import Order, QueueChange
from lib.money import Money
from notifications import kinds, outbox
from notifications.outbox import Outgoing, Recipient
from plans.taking_back import period_of

ASKED, CANCELLED, KEPT = "next_plan_to_change", "next_plan_cancelled", "next_plan_kept"


def asked(change: QueueChange, order: Order) -> None:
    """It will be done, and until when it can be undone. Joins the caller's transaction."""
    if change.takes_effect_at is None:
        return
    context = {"undo_at": change.takes_effect_at.isoformat(), "instead": change.plan.name if change.plan else ""}
    _tell(ASKED, change, order, context)


def cancelled(change: QueueChange, order: Order, context: dict[str, Any]) -> None:
    """It is done. `context` says when the period would have begun. Joins the caller's transaction."""
    _tell(CANCELLED, change, order, context)


def kept(change: QueueChange, order: Order, why: str) -> None:
    """It came to nothing, and why: begun, disputed, credit, line. Joins the caller's transaction."""
    _tell(KEPT, change, order, {"why": why, "instead": change.plan.name if change.plan else ""})


def withdraw(change: QueueChange) -> None:
    """What was undone need not be told any more. Joins the caller's transaction."""
    outbox.withdraw(change.subject, kinds=(ASKED,))


def facts(order: Order) -> dict[str, Any]:
    """Plan and dates of the order's period, as it stands."""
    period = period_of(order.subject)
    dates = {"starts_at": period.starts_at.isoformat(), "ends_at": period.ends_at.isoformat()} if period else {}
    return {"plan": order.plan.name if order.plan else "", "starts_at": "", "ends_at": "", **dates}


def _tell(kind: str, change: QueueChange, order: Order, context: dict[str, Any]) -> None:
    line = order.line
    common = {
        **facts(order),
        "msisdn": line.msisdn,
        "amount": money(Money(change.back_minor, change.currency)),
        "url": settings.PORTAL_ORIGIN + reverse("queue", args=[line.pk]),
    }
    outbox.send_many(
        Outgoing(
            kind=kind,
            channel=channel,
            to=_recipient(change, order, channel),
            context={**common, **context},
            key=f"{change.subject}:{kind}:{channel}",
            subject=change.subject,
        )
        for channel in kinds.channels(kind)
    )


def _recipient(change: QueueChange, order: Order, channel: str) -> Recipient:
    line, person = order.line, change.subscriber
    if channel == "sms":
        return Recipient(line.msisdn, line.language, line.time_zone)
    return Recipient(person.email, person.language, person.time_zone)
