"""What is held for an order leaves it in two ways: given back to its payer, or kept as the line's credit."""

from datetime import datetime
from uuid import UUID

from accounts.models import LineOwnership, Subscriber
from billing import ledger, orders
from billing.giving_back import refunds
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, Order, OrderState, ReviewItem, ReviewOutcome
from billing.paying.cancellation import close_pages
from lib.transactions import whole


class NotYours(Exception):
    """Only the line's owner can keep money as its credit, and only in the line's currency."""


def give_back(item: ReviewItem, *, actor: str, now: datetime) -> ReviewItem:
    """Send what is held to whoever paid it, by the way it came. A second click changes nothing.

    An open payment page of the order is closed at the gateway first. Raises attempts.PageNotOpened.
    """
    order = item.held_order
    close_pages(order, now=now)
    return _give_back(item.pk, order_id=order.pk, line_id=order.line_id, actor=actor, now=now)


@whole
def _give_back(item_id: UUID, *, order_id: UUID, line_id: UUID, actor: str, now: datetime) -> ReviewItem:
    _line, order = orders.lock(order_id, line_id=line_id)
    item = ReviewItem.objects.select_for_update(no_key=True, of=("self",)).get(pk=item_id)
    amount_minor = ledger.held_for(order.pk).get(item.currency, 0)
    if item.closed_at or not amount_minor:
        return item
    pots = ledger.pots(AccountKind.HELD, AccountKind.REFUNDS_DUE, currency=item.currency)
    ledger.post(
        Posting(
            kind=EntryKind.GIVEN_BACK,
            source=pots[AccountKind.HELD],
            target=pots[AccountKind.REFUNDS_DUE],
            amount_minor=amount_minor,
            key=f"review:{item.pk}:back",
            event_at=now,
            actor=actor,
            order=order,
        )
    )
    refunds.request(item, amount_minor=amount_minor)
    _close(item, order, ReviewOutcome.GIVEN_BACK, actor=actor, now=now)
    return item


def keep_as_credit(item: ReviewItem, *, subscriber: Subscriber, now: datetime) -> ReviewItem:
    """Turn what is held into credit of the order's line. Raises NotYours, attempts.PageNotOpened."""
    order = item.held_order
    close_pages(order, now=now)
    return _keep(item.pk, order_id=order.pk, line_id=order.line_id, subscriber=subscriber, now=now)


@whole
def _keep(item_id: UUID, *, order_id: UUID, line_id: UUID, subscriber: Subscriber, now: datetime) -> ReviewItem:
    line, order = orders.lock(order_id, line_id=line_id)
    item = ReviewItem.objects.select_for_update(no_key=True, of=("self",)).get(pk=item_id)
    amount_minor = ledger.held_for(order.pk).get(item.currency, 0)
    if item.closed_at or not amount_minor:
        return item
    owns = LineOwnership.objects.filter(line=line, subscriber=subscriber, until_at=None).exists()
    if not owns or item.currency != line.currency or order.buyer_id != subscriber.pk:
        raise NotYours
    pots = ledger.pots(AccountKind.HELD, AccountKind.CREDIT_PAID, currency=item.currency, line=line)
    actor = f"subscriber:{subscriber.pk}"
    ledger.post(
        Posting(
            kind=EntryKind.KEPT_AS_CREDIT,
            source=pots[AccountKind.HELD],
            target=pots[AccountKind.CREDIT_PAID],
            amount_minor=amount_minor,
            key=f"review:{item.pk}:credit",
            event_at=now,
            actor=actor,
            order=order,
        )
    )
    _close(item, order, ReviewOutcome.KEPT_AS_CREDIT, actor=actor, now=now)
    return item


def _close(item: ReviewItem, order: Order, outcome: ReviewOutcome, *, actor: str, now: datetime) -> None:
    item.closed_at, item.outcome, item.actor = now, outcome, actor
    item.save(update_fields=["closed_at", "outcome", "actor"])
    if order.state == OrderState.REVIEW:
        order.move_to(OrderState.CLOSED)
    orders.note(order, outcome.value, at=now, actor=actor)
