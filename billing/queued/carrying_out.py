"""Changes of queued plans take effect: cancelled, or another one instead, each in one transaction; or undone while there is time.

What was promised when it was asked for is kept however late a worker comes: a period that has begun after the change should have taken
effect ends, and the whole sum goes back. One that had begun before (somebody moved it up) is left alone, and that is told.
"""

from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet

from billing import ledger, orders
from billing.giving_back import refund_requests
from billing.giving_back.refund_requests import CannotBeGivenBack, RefundWish
from billing.journal import Journal
from billing.models import (
    UNDO_FOR,
    AccountKind,
    Method,
    Order,
    OrderState,
    QueueChange,
    QueueChangeKind,
    QueueChangeState,
    RefundCause,
    Start,
)
from billing.orders import Wish
from billing.paying import credit
from billing.queued import limits, telling
from billing.queued.limits import CannotBeChanged, Why
from lib.alarm import holding_up_nobody
from lib.failpoints import failpoint
from lib.money import Money
from lib.transactions import whole
from plans.taking_back import period_of

BATCH = 100
_ACTOR = "queue"
#: Orders that will not bring what was wanted instead.
_ENDED = (OrderState.CANCELLED, OrderState.EXPIRED, OrderState.CLOSED, OrderState.REVERSED)


def due(*, now: datetime) -> QuerySet[QueueChange]:
    """Changes whose time has come, and those that wait for an order in vain."""
    waiting = QueueChange.objects.filter(state=QueueChangeState.WAITING)
    paid = Q(takes_effect_at=None, by_order__applied_at__lte=now - UNDO_FOR)
    return waiting.filter(Q(takes_effect_at__lte=now) | paid | Q(takes_effect_at=None, by_order__state__in=_ENDED))


def sweep(*, now: datetime) -> int:
    """Carry out what is due. One that breaks holds up no other. Returns how many were looked at."""
    found = list(due(now=now).order_by("asked_at").values_list("pk", "order_id", "line_id")[:BATCH])
    for change_id, order_id, line_id in found:
        with holding_up_nobody("queue_change.broken", subject=f"queue_change:{change_id}"):
            carry_out(change_id, order_id=order_id, line_id=line_id, now=now)
    return len(found)


@whole
def carry_out(change_id: UUID, *, order_id: UUID, line_id: UUID, now: datetime) -> QueueChangeState:
    """Do what was asked for, if its time has come. May run any number of times, anywhere. Returns how it stands."""
    line, order = orders.lock(order_id, line_id=line_id)
    order.line = line
    change = _locked(change_id)
    if change.state == QueueChangeState.WAITING and due(now=now).filter(pk=change_id).exists():
        if why := _in_the_way(change, order):
            _drop(change, order, why, now=now)
        else:
            _do(change, order, now=now)
    return QueueChangeState(change.state)


def _locked(change_id: UUID) -> QueueChange:
    rows = QueueChange.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("by_order", "plan__zone", "subscriber").get(pk=change_id)


def _in_the_way(change: QueueChange, order: Order) -> Why | None:
    """Why it comes to nothing."""
    period = period_of(order.subject)
    if order.state != OrderState.APPLIED or period is None or not limits.back_minor(order):
        return Why.GONE
    if change.by_order and change.by_order.state in _ENDED:
        return Why.GONE
    if not limits.owns(order, change.subscriber):
        return Why.NOT_OWNER
    if refund_requests.is_disputed(order):
        return Why.DISPUTED
    if change.due_at is None or period.starts_at <= change.due_at:
        return Why.BEGUN
    return _cannot_pay(change, order) if change.kind == QueueChangeKind.SWAP and change.by_order is None else None


def _cannot_pay(change: QueueChange, order: Order) -> Why | None:
    if not order.line.is_payable:
        return Why.LINE
    paid, bonus = ledger.credit_of(order.line)
    back = _back_minor(change, order)
    return Why.CREDIT if back + (paid + bonus).minor < (change.price_minor or 0) else None


def _back_minor(change: QueueChange, order: Order) -> int:
    """What was promised, but never more than is left of the price."""
    return min(change.back_minor, limits.back_minor(order))


#: What its owner hears of; the rest is their own doing, or no news to them.
_TOLD = {Why.BEGUN, Why.DISPUTED, Why.CREDIT, Why.LINE}


def _drop(change: QueueChange, order: Order, why: Why, *, now: datetime) -> None:
    change.move_to(QueueChangeState.DROPPED, ended_at=now, reason=why)
    if why in _TOLD:
        _note(order, "change_dropped", actor=_ACTOR, now=now)
        telling.kept(change, order, why)


def _do(change: QueueChange, order: Order, *, now: datetime) -> None:
    told = telling.facts(order)
    if change.kind == QueueChangeKind.SWAP and change.by_order is None:
        change.by_order = _swap(change, order, now=now)
    else:
        _give_back(change, order, "", _back_minor(change, order), to_credit=_may_be_credit(change, order), now=now)
    failpoint("queue_change.done")
    change.move_to(QueueChangeState.DONE, ended_at=now, by_order=change.by_order)
    if change.kind == QueueChangeKind.CANCEL:
        telling.cancelled(change, order, told)


def _may_be_credit(change: QueueChange, order: Order) -> bool:
    return change.to_credit and limits.may_be_credit(order, change.subscriber)


def _give_back(
    change: QueueChange, order: Order, part: str, minor: int, *, to_credit: bool, ends: bool = True, now: datetime
) -> None:
    wish = RefundWish(
        order=order,
        key=f"queue:{change.pk}{part}",
        actor=f"subscriber:{change.subscriber_id}",
        cause=RefundCause.CANCELLED,
        amount_minor=minor,
        takes_back=ends,
        to_credit=to_credit,
        may_grant=True,
    )
    refund_requests.ask_locked(wish, order, now=now)


def _swap(change: QueueChange, order: Order, *, now: datetime) -> Order:
    """What comes back becomes credit, as much as the new plan costs, and pays for it; what is over goes where it was wished."""
    credit_pots = ledger.pots(
        AccountKind.CREDIT_PAID, AccountKind.CREDIT_BONUS, currency=order.currency, line=order.line
    )
    ledger.lock_credit(list(credit_pots.values()))  # before allowances: docs/locking.md
    price, back = Money(change.price_minor or 0, change.currency), _back_minor(change, order)
    over = back - price.minor
    if over > 0 and not refund_requests.goes_to_credit(order) and not change.to_credit:
        _give_back(change, order, ":over", over, to_credit=False, ends=False, now=now)
        back = price.minor
    _give_back(change, order, "", back, to_credit=True, now=now)
    failpoint("queue_change.given_back")
    new = _order_for(change, order, price, now=now)
    credit.take(new, actor=f"subscriber:{change.subscriber_id}", now=now)
    return new


def _order_for(change: QueueChange, order: Order, price: Money, *, now: datetime) -> Order:
    wish = Wish(
        line=order.line,
        buyer=change.subscriber,
        method=Method.CREDIT,
        form_token=uuid4(),
        shown_price_minor=price.minor,
        plan=change.plan,
        start=Start.QUEUE,
        consents=change.consents,
    )
    new = orders.draw_up(wish, price, now=now)
    new.save(force_insert=True)
    orders.note(new, "placed", at=now, actor=f"subscriber:{change.subscriber_id}")
    return new


@whole
def undo(change_id: UUID, *, order_id: UUID, line_id: UUID, now: datetime) -> QueueChange:
    """Everything is as it was. What was paid for another plan meanwhile goes back. A second click changes nothing.

    Raises CannotBeChanged when its time has come.
    """
    line, order = orders.lock(order_id, line_id=line_id)
    order.line = line
    change = _locked(change_id)
    if change.state == QueueChangeState.UNDONE:
        return change
    if change.state != QueueChangeState.WAITING or change.due_at is None or change.due_at <= now:
        raise CannotBeChanged(Why.TOO_LATE)
    if change.by_order is not None:
        _give_back_instead(change, change.by_order, now=now)
    change.move_to(QueueChangeState.UNDONE, ended_at=now)
    _note(order, "change_undone", actor=f"subscriber:{change.subscriber_id}", now=now)
    telling.withdraw(change)
    return change


def _give_back_instead(change: QueueChange, instead: Order, *, now: datetime) -> None:
    """The plan that was paid instead is cancelled, its whole price goes back by the way it was paid. Raises CannotBeChanged."""
    line, new = orders.lock(instead.pk, line_id=change.line_id)
    new.line = line
    try:
        _give_back(change, new, ":instead", limits.back_minor(new), to_credit=False, now=now)
    except CannotBeGivenBack as error:
        raise CannotBeChanged(Why.GONE) from error


def _note(order: Order, kind: str, *, actor: str, now: datetime) -> None:
    journal = Journal(order, now)
    journal.note(kind, actor=actor)
    journal.write()
