"""A queued plan period is cancelled: the sum and what moves up, then the confirmation; it takes effect ten minutes later."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import Subscriber
from billing import orders
from billing.giving_back import refund_requests
from billing.journal import Journal
from billing.models import (
    UNDO_FOR,
    Order,
    QueueChange,
    QueueChangeKind,
    QueueChangeState,
)
from billing.queued import limits, telling
from billing.queued.limits import CannotBeChanged, Why
from lib.money import Money
from lib.transactions import whole
from plans import foresight
from plans.models import PlanPeriod
from plans.periods import Moved


@dataclass(frozen=True, kw_only=True)
class CancelWish:
    """What was confirmed; `shown_minor` is the sum on the button. The same form is the same wish."""

    order: Order
    subscriber: Subscriber
    form_token: UUID
    shown_minor: int
    to_credit: bool = False


@dataclass(frozen=True, kw_only=True)
class Cancellation:
    """What cancelling would do: `back` goes back, `moved` moves up. `goes_to_credit`: it was paid from there."""

    period: PlanPeriod
    back: Money
    until: datetime
    moved: list[Moved]
    goes_to_credit: bool
    may_be_credit: bool


def look(order: Order, subscriber: Subscriber, *, now: datetime) -> Cancellation:
    """What is shown first. Raises CannotBeChanged."""
    period = limits.check(order, subscriber, now=now)
    if limits.is_decided(order):
        raise CannotBeChanged(Why.WAITING)
    gone = limits.going(order.line_id) | {period.pk}
    return Cancellation(
        period=period,
        back=Money(limits.back_minor(order), order.currency),
        until=limits.cut_off(period),
        moved=foresight.without(order.line, gone, now=now).moved,
        goes_to_credit=refund_requests.goes_to_credit(order),
        may_be_credit=limits.may_be_credit(order, subscriber),
    )


@whole
def cancel(wish: CancelWish, *, now: datetime) -> QueueChange:
    """Ask for it; nothing has changed before `takes_effect_at`. A second click finds the first. Raises CannotBeChanged."""
    line, order = orders.lock(wish.order.pk, line_id=wish.order.line_id)
    order.line = line
    if known := known_change(order, wish.form_token, QueueChangeKind.CANCEL):
        return known
    limits.check(order, wish.subscriber, now=now)
    back = limits.back_minor(order)
    if back != wish.shown_minor:
        raise CannotBeChanged(Why.SUM)
    make_room(order, now=now)
    change = QueueChange.objects.create(
        line=line,
        order=order,
        subscriber=wish.subscriber,
        kind=QueueChangeKind.CANCEL,
        back_minor=back,
        currency=order.currency,
        to_credit=wish.to_credit and limits.may_be_credit(order, wish.subscriber),
        form_token=wish.form_token,
        asked_at=now,
        takes_effect_at=now + UNDO_FOR,
    )
    note_asked(change, order, now=now)
    return change


def known_change(order: Order, form_token: UUID, kind: QueueChangeKind) -> QueueChange | None:
    """What this form has asked for already; or what waits for its time, when the same is asked for again."""
    if known := QueueChange.objects.filter(order=order, form_token=form_token).first():
        return known
    change = limits.waiting(order)
    return change if change and change.kind == kind == QueueChangeKind.CANCEL and change.due_at is not None else None


def make_room(order: Order, *, now: datetime) -> None:
    """A change that waits for money that nobody has paid is dropped for another one. Raises CannotBeChanged for one that will be carried
    out. The caller holds line and order locked.
    """
    waiting = QueueChange.objects.select_for_update(no_key=True, of=("self",)).filter(
        order=order, state=QueueChangeState.WAITING
    )
    change = waiting.select_related("by_order").first()
    if change is None:
        return
    if change.due_at is not None:
        raise CannotBeChanged(Why.WAITING)
    change.move_to(QueueChangeState.DROPPED, ended_at=now, reason="replaced")


def note_asked(change: QueueChange, order: Order, *, now: datetime) -> None:
    """On the order's own clock, and by e-mail with the way to undo it."""
    journal = Journal(order, now)
    until = change.takes_effect_at.isoformat() if change.takes_effect_at else ""
    journal.note("change_asked", actor=f"subscriber:{change.subscriber_id}", change=change.kind, until=until)
    journal.write()
    telling.asked(change, order)
