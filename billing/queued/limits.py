"""What can be done with a queued plan period, by whom, until when; and why not any more."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from accounts.models import LineOwnership, Subscriber
from billing.giving_back import quotes, refund_requests
from billing.models import Order, OrderState, QueueChange, QueueChangeState
from plans.models import PlanKind, PlanPeriod
from plans.taking_back import period_of

#: Until so long before it begins a queued period can be cancelled or changed; afterwards only the law's withdrawal is left.
CUT_OFF = timedelta(hours=24)
_ORDER = "order:"


class Why(StrEnum):
    """What is in the way."""

    NO_ORDER = "no_order"
    NOT_OWNER = "not_owner"
    NOT_PAYER = "not_payer"
    GONE = "gone"
    BEGUN = "begun"
    TOO_LATE = "too_late"
    DISPUTED = "disputed"
    WAITING = "waiting"
    SUM = "sum"
    PRICE = "price"
    NOT_SOLD = "not_sold"
    CREDIT = "credit"
    LINE = "line"


class CannotBeChanged(Exception):
    """`why` it cannot, for the page to word."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def cut_off(period: PlanPeriod) -> datetime:
    """Until when it can be cancelled or changed."""
    return period.starts_at - CUT_OFF


def in_the_way(order: Order, period: PlanPeriod | None, *, now: datetime) -> Why | None:
    """Why nobody can cancel or change `period` of `order` now; None when its line's owner can."""
    if order.state != OrderState.APPLIED or period is None or period.kind != PlanKind.PLAN:
        return Why.GONE
    if period.starts_at <= now:
        return Why.BEGUN
    if refund_requests.is_disputed(order):
        return Why.DISPUTED
    if now > cut_off(period):
        return Why.TOO_LATE
    return None


def check(order: Order, subscriber: Subscriber, *, now: datetime) -> PlanPeriod:
    """The queued period of `order`, which the line's owner `subscriber` may cancel. Raises CannotBeChanged."""
    if not owns(order, subscriber):
        raise CannotBeChanged(Why.NOT_OWNER)
    period = period_of(order.subject)
    why = in_the_way(order, period, now=now)
    if why or period is None:
        raise CannotBeChanged(why or Why.GONE)
    if not back_minor(order):
        raise CannotBeChanged(Why.GONE)
    return period


def check_payer(order: Order, subscriber: Subscriber, *, now: datetime) -> PlanPeriod:
    """`check` for what only who paid for it may do: use its money for another plan. Raises CannotBeChanged."""
    period = check(order, subscriber, now=now)
    if order.buyer_id != subscriber.pk:
        raise CannotBeChanged(Why.NOT_PAYER)
    return period


def owns(order: Order, subscriber: Subscriber) -> bool:
    """Whether the line of `order` is theirs."""
    return LineOwnership.objects.filter(line=order.line_id, subscriber=subscriber, until_at=None).exists()


def back_minor(order: Order) -> int:
    """What goes back for a period that has not begun: all that was paid and is not back already, in minor units."""
    return order.price_minor - quotes.given_back_minor(order)


def may_be_credit(order: Order, subscriber: Subscriber) -> bool:
    """Whether the money may become credit of the line instead of going back by the way it was paid: who owns the line has paid it."""
    return order.buyer_id == subscriber.pk and refund_requests.to_credit_is_offered(order)


def order_of(period: PlanPeriod) -> str:
    """The id of the order that granted it; empty for what came otherwise."""
    return period.origin.removeprefix(_ORDER) if period.origin.startswith(_ORDER) else ""


def waiting(order: Order) -> QueueChange | None:
    """The change of the order's period that can still be undone."""
    found = QueueChange.objects.filter(order=order, state=QueueChangeState.WAITING)
    return found.select_related("by_order", "plan").first()


def is_decided(order: Order) -> bool:
    """Whether a change of it waits only for its time, not for money."""
    change = waiting(order)
    return change is not None and change.due_at is not None


def going(line_id: UUID) -> set[UUID]:
    """Ids of the line's periods that will be cancelled as things are."""
    changes = QueueChange.objects.filter(line=line_id, state=QueueChangeState.WAITING)
    decided = changes.exclude(takes_effect_at=None) | changes.filter(by_order__applied_at__isnull=False)
    origins = [f"{_ORDER}{order_id}" for order_id in decided.values_list("order_id", flat=True)]
    return set(PlanPeriod.objects.filter(origin__in=origins).values_list("pk", flat=True))
