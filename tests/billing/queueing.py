"""A running plan with others paid behind it, and changes of them, for tests."""

import uuid
from datetime import timedelta
from typing import Any

from accounts.models import Subscriber
from billing.models import Method, Order, QueueChange, QueueChangeState
from billing.paying import credit
from billing.queued import cancelling, carrying_out, changing, limits
from billing.queued.cancelling import CancelWish
from billing.queued.changing import SwapWish
from plans.models import Plan, PlanPeriod
from tests.billing.money import give_credit
from tests.billing.ordering import NOW, order_plan, pay

DAY = timedelta(days=1)
SOON = NOW + timedelta(minutes=1)
DONE_AT = SOON + timedelta(minutes=10)


def bought(buyer: Subscriber, code: str = "month-15", *, now: Any = NOW) -> Order:
    """Paid by card, applied."""
    order = order_plan(buyer, code, now=now)
    pay(order, now=now)
    return order


def bought_from_credit(buyer: Subscriber, code: str = "month-15", *, paid: int = 1000, bonus: int = 500) -> Order:
    """Paid from credit that consists of these parts."""
    give_credit(buyer.lines[0], paid)
    if bonus:
        give_credit(buyer.lines[0], bonus, bonus=True)
    order = order_plan(buyer, code, method=Method.CREDIT)
    return credit.pay(order.pk, line_id=order.line_id, actor="test", now=NOW)


def period(order: Order) -> PlanPeriod:
    return PlanPeriod.objects.get(origin=order.subject)


def cancel(order: Order, person: Subscriber, *, now: Any = SOON, **fields: Any) -> QueueChange:
    """As its owner confirms it."""
    wish = {"form_token": uuid.uuid4(), "shown_minor": limits.back_minor(order), **fields}
    return cancelling.cancel(CancelWish(order=order, subscriber=person, **wish), now=now)


def swap(order: Order, person: Subscriber, code: str, *, now: Any = SOON, **fields: Any) -> QueueChange:
    plan = Plan.objects.get(code=code)
    wish = {
        "form_token": uuid.uuid4(),
        "shown_minor": limits.back_minor(order),
        "shown_price_minor": plan.price_minor,
        "consents": {"start_at_once": True},
        **fields,
    }
    return changing.swap(SwapWish(order=order, subscriber=person, plan=plan, **wish), now=now)


def carry_out(change: QueueChange, *, now: Any = DONE_AT) -> QueueChange:
    """The sweep finds it."""
    carrying_out.sweep(now=now)
    change.refresh_from_db()
    return change


def undo(change: QueueChange, *, now: Any = SOON) -> QueueChange:
    return carrying_out.undo(change.pk, order_id=change.order_id, line_id=change.line_id, now=now)


def ended(change: QueueChange) -> tuple[str, str]:
    change.refresh_from_db()
    return QueueChangeState(change.state).value, change.reason
