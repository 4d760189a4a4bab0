"""What waits for a person: held money, with its ways out in `billing.held_money`, and what staff must look into."""

from datetime import datetime

from billing import telling
from billing.journal import Journal
from billing.models import Order, OrderState, ReviewItem, ReviewKind, ReviewOutcome
from billing.models.review import held_subject

#: States that stay as they are while an item is open.
_KEEPS_STATE = {OrderState.APPLIED, OrderState.CLOSED, OrderState.REVERSED, OrderState.REVIEW}


def open_item(journal: Journal, kind: ReviewKind, *, currency: str) -> ReviewItem:
    """Keep what is held in `currency` for a decision, and tell the payer. The caller holds line and order locked."""
    order = journal.order
    item, is_new = held_item(order, kind, currency=currency, now=journal.now)
    if order.state not in _KEEPS_STATE:
        order.move_to(OrderState.REVIEW)
    if is_new:
        journal.note("review", actor="system", why=kind, currency=currency)
    telling.money_held(journal, item)
    return item


def held_item(order: Order, kind: ReviewKind, *, currency: str, now: datetime) -> tuple[ReviewItem, bool]:
    """The open item about what is held for `order` in `currency`, made with `kind` if there is none; whether it is new."""
    return ReviewItem.objects.get_or_create(
        subject=held_subject(order.pk, currency),
        closed_at=None,
        defaults={"order": order, "currency": currency, "kind": kind, "opened_at": now},
    )


def look_into(
    kind: ReviewKind, *, subject: str, now: datetime, order: Order | None = None, currency: str = "", detail: str = ""
) -> ReviewItem:
    """Something for staff to look into, once a `subject` while it is open; a repeat brings the newer detail."""
    item, is_new = ReviewItem.objects.get_or_create(
        subject=subject,
        closed_at=None,
        defaults={"kind": kind, "order": order, "currency": currency, "detail": detail[:400], "opened_at": now},
    )
    if not is_new and item.detail != detail[:400]:
        item.detail = detail[:400]
        item.save(update_fields=["detail"])
    return item


def settle_by_itself(*, subject: str, now: datetime) -> None:
    """What was to be looked into is no more."""
    ReviewItem.objects.filter(subject=subject, closed_at=None).update(
        closed_at=now, outcome=ReviewOutcome.SETTLED, actor="system"
    )


def close_lost(order: Order, *, currency: str, now: datetime) -> None:
    """Nothing is held any more: the payer's bank has taken it back, or it was given back in the gateway's dashboard."""
    order.review_items.filter(closed_at=None, subject=held_subject(order.pk, currency)).update(
        closed_at=now, outcome=ReviewOutcome.SETTLED, actor="gateway"
    )
    if order.state == OrderState.REVIEW:
        order.move_to(OrderState.CLOSED)


def close_applied(order: Order, *, now: datetime) -> None:
    """The order could be applied after all: what was open about its money is answered."""
    order.review_items.filter(closed_at=None, subject=held_subject(order.pk, order.currency)).update(
        closed_at=now, outcome=ReviewOutcome.APPLIED, actor="system"
    )
