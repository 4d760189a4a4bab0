"""What a line's owner hears of auto-renew and auto top-up: each thing once, by SMS to the line and by e-mail to themselves."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from billing.journal import money
from billing.models import AutoRenew, AutoTopUp, Order, PaymentMethod, Renewal
from lib.money import Money
from notifications import kinds, outbox
from notifications.outbox import Outgoing, Recipient
from plans import life


def trouble(
    run: Renewal,
    why: str,
    *,
    price: Money,
    method: PaymentMethod | None = None,
    again_at: datetime | None = None,
    other: Order | None = None,
) -> None:
    """`why`: declined, confirm, given_up, waits, plan_gone, price, line, method. `again_at`: when it is tried next; `other`: the order
    that is waited for.

    Joins the caller's transaction.
    """
    auto_renew = run.auto_renew
    about = other.pk if other else run.order_id
    page = reverse("order", args=[about]) if about else reverse("contact" if why == "line" else "plan_list")
    context: dict[str, Any] = {
        "why": why,
        "plan": auto_renew.plan.name,
        "msisdn": run.line.msisdn,
        "price": money(price),
        "method": method.label if method else "",
        "ends_at": run.follows.ends_at.isoformat(),
        "again_at": again_at.isoformat() if again_at else "",
        "url": settings.PORTAL_ORIGIN + page,
    }
    event = f"renewal:{run.pk}:{why}:{run.tries}"
    _tell(auto_renew, "renewal_trouble", context, event=event, subject=life.subject_of(run.line))


def new_price(auto_renew: AutoRenew, *, price: Money, good_from: datetime) -> None:
    """Before anything is taken at another price. Joins the caller's transaction."""
    context = {
        "plan": auto_renew.plan.name,
        "msisdn": auto_renew.line.msisdn,
        "former": money(Money(auto_renew.price_minor, auto_renew.currency)),
        "price": money(price),
        "starts_at": good_from.isoformat(),
        "url": settings.PORTAL_ORIGIN + reverse("auto_renew", args=[auto_renew.line_id]),
    }
    subject = f"auto_renew:{auto_renew.pk}"
    _tell(auto_renew, "renewal_price", context, event=f"{subject}:price:{price.minor}", subject=subject)


def top_up_trouble(
    on: AutoTopUp,
    why: str,
    *,
    event: str,
    order_id: UUID | None = None,
    again_at: datetime | None = None,
    method: PaymentMethod | None = None,
) -> None:
    """`why`: again, declined, method, limit, runaway. Joins the caller's transaction."""
    own = reverse("auto_top_up", args=[on.line_id]) if why == "runaway" else reverse("top_up")
    page = reverse("order", args=[order_id]) if order_id else own
    context = {
        "why": why,
        "msisdn": on.line.msisdn,
        "amount": money(Money(on.add_minor, on.currency)),
        "method": method.label if method else "",
        "again_at": again_at.isoformat() if again_at else "",
        "times": on.at_most,
        "url": settings.PORTAL_ORIGIN + page,
    }
    subject = f"auto_top_up:{on.pk}"
    _tell(on, "top_up_trouble", context, event=f"{subject}:{event}", subject=subject)


def _tell(standing: AutoRenew | AutoTopUp, kind: str, context: dict[str, Any], *, event: str, subject: str) -> None:
    outbox.send_many(
        Outgoing(
            kind=kind,
            channel=channel,
            to=_recipient(standing, channel),
            context=context,
            key=f"{event}:{channel}",
            subject=subject,
        )
        for channel in kinds.channels(kind)
    )


def _recipient(standing: AutoRenew | AutoTopUp, channel: str) -> Recipient:
    line, person = standing.line, standing.subscriber
    if channel == "sms":
        return Recipient(line.msisdn, line.language, line.time_zone)
    return Recipient(person.email, person.language, person.time_zone)
