"""Paying a plan from a line's credit: bonus first, then paid; one transaction, no gateway."""

from datetime import datetime
from uuid import UUID

from billing import application, ledger, orders
from billing.journal import Journal
from billing.ledger import NotEnoughCredit, Posting
from billing.models import AccountKind, EntryKind, Method, Order, OrderState, ReviewKind
from lib.transactions import whole


class CannotBeApplied(Exception):
    """Nothing was taken: the line cannot take what was ordered."""

    def __init__(self, kind: ReviewKind) -> None:
        super().__init__(kind)
        self.kind = kind


@whole
def pay(order_id: UUID, *, line_id: UUID, actor: str, now: datetime) -> Order:
    """Take the price from the credit and apply the order, all or nothing. A repeat finds it applied.

    Raises ledger.NotEnoughCredit, CannotBeApplied, orders.NotCancellable when the order no longer waits.
    """
    line, order = orders.lock(order_id, line_id=line_id)
    order.line = line
    if order.state == OrderState.APPLIED:
        return order
    if order.state != OrderState.PENDING or order.method != Method.CREDIT:
        raise orders.NotWaiting
    if obstacle := application.obstacle(order, now=now):
        raise CannotBeApplied(obstacle)
    take(order, actor=actor, now=now)
    return order


def take(order: Order, *, actor: str, now: datetime) -> None:
    """Take the price of an order without an obstacle and apply it; the caller holds line and order locked. Raises ledger.NotEnoughCredit."""
    _take(order, actor=actor, now=now)
    journal = Journal(order, now)
    journal.note("credit_spent", actor=actor)
    application.apply(journal)
    journal.write()


def _take(order: Order, *, actor: str, now: datetime) -> None:
    kinds = (AccountKind.CREDIT_BONUS, AccountKind.CREDIT_PAID, AccountKind.HELD)
    pots = ledger.pots(*kinds, currency=order.currency, line=order.line)
    sources = [pots[AccountKind.CREDIT_BONUS], pots[AccountKind.CREDIT_PAID]]
    balances = ledger.lock_credit(sources)
    missing = order.price_minor
    postings = []
    for source in sources:
        part = min(missing, balances[source.pk])
        if part:
            postings.append(
                Posting(
                    kind=EntryKind.CREDIT_SPENT,
                    source=source,
                    target=pots[AccountKind.HELD],
                    amount_minor=part,
                    key=f"order:{order.pk}:{source.kind}",
                    event_at=now,
                    actor=actor,
                    order=order,
                )
            )
            missing -= part
    if missing:
        raise NotEnoughCredit(missing_minor=missing)
    ledger.post_all(postings)
