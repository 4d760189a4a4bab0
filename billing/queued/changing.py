"""Another plan instead of a queued one: paid with what comes back and credit, or by any way to pay before the queued one is cancelled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import Subscriber
from billing import ledger, orders
from billing.giving_back import refund_requests
from billing.models import UNDO_FOR, Order, QueueChange, QueueChangeKind
from billing.orders import Wish
from billing.queued import limits
from billing.queued.cancelling import known_change, make_room, note_asked
from billing.queued.limits import CannotBeChanged, Why
from lib.money import Money
from lib.transactions import whole
from plans import foresight
from plans.calendar import Slot
from plans.models import Plan, PlanKind, PlanPeriod
from plans.periods import Moved


@dataclass(frozen=True, kw_only=True)
class SwapWish:
    """What was confirmed: both sums as shown. `to_credit`: what is over becomes credit."""

    order: Order
    subscriber: Subscriber
    plan: Plan
    form_token: UUID
    shown_minor: int
    shown_price_minor: int
    to_credit: bool = False
    consents: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Swap:
    """What it would do. `back` comes back for the queued plan: `over` of it is more than the new one costs, `missing` is less and is
    taken from credit. `is_covered`: that and credit are enough. `slot` is where the new one goes, `moved` what moves up.
    """

    period: PlanPeriod
    plan: Plan
    back: Money
    over: Money
    missing: Money
    is_covered: bool
    slot: Slot
    moved: list[Moved]
    until: datetime
    goes_to_credit: bool
    may_be_credit: bool


def look(order: Order, subscriber: Subscriber, plan: Plan, *, now: datetime) -> Swap:
    """What is shown first. Raises CannotBeChanged."""
    period = _check(order, subscriber, plan, now=now)
    if limits.is_decided(order):
        raise CannotBeChanged(Why.WAITING)
    seen = foresight.without(order.line, limits.going(order.line_id) | {period.pk}, now=now, plan=plan)
    back_minor, price_minor = limits.back_minor(order), plan.price_minor
    if seen.slot is None:
        raise CannotBeChanged(Why.GONE)
    return Swap(
        period=period,
        plan=plan,
        back=Money(back_minor, order.currency),
        over=Money(max(0, back_minor - price_minor), order.currency),
        missing=Money(max(0, price_minor - back_minor), order.currency),
        is_covered=_is_covered(order, price_minor, back_minor),
        slot=seen.slot,
        moved=seen.moved,
        until=limits.cut_off(period),
        goes_to_credit=refund_requests.goes_to_credit(order),
        may_be_credit=limits.may_be_credit(order, subscriber),
    )


def _check(order: Order, subscriber: Subscriber, plan: Plan, *, now: datetime) -> PlanPeriod:
    """Raises CannotBeChanged."""
    period = limits.check_payer(order, subscriber, now=now)
    is_sold = Plan.objects.on_sale(now).filter(pk=plan.pk, kind=PlanKind.PLAN, currency=order.line.currency).exists()
    if not is_sold or plan.pk == order.plan_id:
        raise CannotBeChanged(Why.NOT_SOLD)
    if not order.line.is_payable:
        raise CannotBeChanged(Why.LINE)
    return period


def _is_covered(order: Order, price_minor: int, back_minor: int) -> bool:
    """Whether what comes back and the line's credit pay for it."""
    paid, bonus = ledger.credit_of(order.line)
    return order.currency == order.line.currency and back_minor + (paid + bonus).minor >= price_minor


@whole
def swap(wish: SwapWish, *, now: datetime) -> QueueChange:
    """Ask for it, paid with what comes back and credit; nothing has changed before `takes_effect_at`. A second click finds the first.

    Raises CannotBeChanged.
    """
    line, order = orders.lock(wish.order.pk, line_id=wish.order.line_id)
    order.line = line
    if known := known_change(order, wish.form_token, QueueChangeKind.SWAP):
        return known
    _check(order, wish.subscriber, wish.plan, now=now)
    back = limits.back_minor(order)
    if (back, wish.plan.price_minor) != (wish.shown_minor, wish.shown_price_minor):
        raise CannotBeChanged(Why.PRICE)
    if not _is_covered(order, wish.plan.price_minor, back):
        raise CannotBeChanged(Why.CREDIT)
    make_room(order, now=now)
    to_credit = wish.to_credit and limits.may_be_credit(order, wish.subscriber)
    change = _record(order, wish, back_minor=back, asked_at=now, takes_effect_at=now + UNDO_FOR, to_credit=to_credit)
    note_asked(change, order, now=now)
    return change


def _record(order: Order, wish: SwapWish, **fields: Any) -> QueueChange:
    return QueueChange.objects.create(
        line_id=order.line_id,
        order=order,
        subscriber=wish.subscriber,
        kind=QueueChangeKind.SWAP,
        currency=order.currency,
        plan=wish.plan,
        price_minor=wish.shown_price_minor,
        consents=dict(wish.consents),
        form_token=wish.form_token,
        **fields,
    )


@whole
def order_instead(wish: Wish, replaced: Order, *, now: datetime) -> Order:
    """Place the order of `wish`; once it is paid and applied, the period of `replaced` is cancelled. The same form gives the same order.

    Raises CannotBeChanged, and what `billing.orders.place` raises.
    """
    line, order = orders.lock(replaced.pk, line_id=replaced.line_id)
    order.line = line
    if wish.plan is None or wish.buyer is None or wish.line.pk != line.pk:
        raise CannotBeChanged(Why.GONE)
    if QueueChange.objects.filter(form_token=wish.form_token, by_order__isnull=False).exists():
        return orders.place(wish, now=now)
    _check(order, wish.buyer, wish.plan, now=now)
    make_room(order, now=now)
    placed = orders.place(wish, now=now)
    asked = SwapWish(
        order=order,
        subscriber=wish.buyer,
        plan=wish.plan,
        form_token=wish.form_token,
        shown_minor=limits.back_minor(order),
        shown_price_minor=wish.shown_price_minor,
    )
    _record(order, asked, back_minor=asked.shown_minor, asked_at=now, by_order=placed)
    return placed
