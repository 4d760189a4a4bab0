"""What both sides of a pay-out do with it: move its money, end it, tell its receiver."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from billing import ledger, letters, orders, reviews
from billing.journal import money
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, Payout, PayoutCause, PayoutState, ReviewKind
from lib.money import Money


def move(payout: Payout, kind: EntryKind, source: AccountKind, target: AccountKind, *, now: datetime) -> None:
    """Move the pay-out's whole sum; once a kind."""
    pots = ledger.pots(source, target, currency=payout.currency, line=payout.line)
    ledger.post(
        Posting(
            kind=kind,
            source=pots[source],
            target=pots[target],
            amount_minor=payout.amount_minor,
            key=f"payout:{payout.pk}:{kind}",
            event_at=now,
            actor=payout.ended_by or payout.asked_by,
            order=payout.order,
            reason=payout.reason,
        )
    )


def put_back(payout: Payout, state: PayoutState, *, actor: str, now: datetime, reason: str = "") -> None:
    """End it unsent: the money is credit again, or held and to be decided on. The caller holds line, order and pay-out locked."""
    payout.move_to(state, ended_by=actor, ended_at=now, bank_data=None, reason=reason)
    if payout.order is None:
        move(payout, EntryKind.PAYOUT_REFUSED, AccountKind.PAYOUTS_DUE, AccountKind.CREDIT_PAID, now=now)
    else:
        move(payout, EntryKind.PAYOUT_REFUSED, AccountKind.PAYOUTS_DUE, AccountKind.HELD, now=now)
        orders.note(payout.order, "payout_refused", at=now, actor=actor)
        reviews.held_item(payout.order, ReviewKind.REFUND_FAILED, currency=payout.currency, now=now)


def tell(payout: Payout, kind: str) -> None:
    """An e-mail to the receiver, once a kind."""
    context: dict[str, Any] = {
        "cause": payout.cause,
        "amount": money(Money(payout.amount_minor, payout.currency)),
        "account": payout.bank_hint,
        "reason": payout.reason,
    }
    if payout.cause == PayoutCause.HELD:
        context["url"] = settings.PORTAL_ORIGIN + reverse("order", args=[payout.order_id])
    elif kind == "payout_asked":
        context["url"] = settings.PORTAL_ORIGIN + reverse("payout")
    letters.write(payout.subscriber, kind, context, line=payout.line, subject=f"payout:{payout.pk}", event=kind)
