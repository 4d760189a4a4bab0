"""Held money that waits for a decision; `billing.held_money` holds the two ways out."""

from datetime import datetime

from billing import telling
from billing.journal import Journal
from billing.models import Order, OrderState, ReviewItem, ReviewKind, ReviewOutcome

#: States that stay as they are while an item is open.
_KEEPS_STATE = {OrderState.APPLIED, OrderState.CLOSED, OrderState.REVERSED, OrderState.REVIEW}


def open_item(journal: Journal, kind: ReviewKind, *, currency: str) -> ReviewItem:
    """Keep what is held in `currency` for a decision, and tell the payer. The caller holds line and order locked."""
    order = journal.order
    item, is_new = ReviewItem.objects.get_or_create(
        order=order, currency=currency, closed_at=None, defaults={"kind": kind, "opened_at": journal.now}
    )
    if order.state not in _KEEPS_STATE:
        order.move_to(OrderState.REVIEW)
    if is_new:
        journal.note("review", actor="system", why=kind, currency=currency)
    telling.money_held(journal, item)
    return item


def close_applied(order: Order, *, now: datetime) -> None:
    """The order could be applied after all: what was open about its money is answered."""
    order.review_items.filter(closed_at=None, currency=order.currency).update(
        closed_at=now, outcome=ReviewOutcome.APPLIED, actor="system"
    )
