"""A line's plans in order, the running one and everything paid behind it, each with what can be done with it until when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import Line, Subscriber
from billing.giving_back import refund_requests, withdrawal
from billing.models import Order, QueueChange, QueueChangeState
from billing.queued import limits
from billing.queued.limits import Why
from plans.models import PlanKind, PlanPeriod


@dataclass(frozen=True, kw_only=True)
class Place:
    """One period. `order`: what paid for it, if the reader may see it; `is_mine`: they paid it themselves; `change`: what will be done with
    it. `until`: when it can be cancelled last; `why`: what is in the way of that. `may_withdraw`: the law's way is open.
    """

    period: PlanPeriod
    is_running: bool
    order: Order | None = None
    is_mine: bool = False
    change: QueueChange | None = None
    until: datetime | None = None
    why: Why | None = None
    may_withdraw: bool = False

    @property
    def is_going(self) -> bool:
        """Whether it will be cancelled as things are."""
        return self.change is not None and self.change.due_at is not None


def places(line: Line, reader: Subscriber, *, now: datetime) -> list[Place]:
    """What runs and what waits, in order; the reader owns the line."""
    standing = PlanPeriod.objects.standing().filter(line=line, kind=PlanKind.PLAN, ends_at__gt=now)
    periods = list(standing.select_related("plan").order_by("starts_at"))
    found = _orders(reader, periods)
    changes = QueueChange.objects.filter(order__in=found.values(), state=QueueChangeState.WAITING)
    waiting = {change.order_id: change for change in changes.select_related("by_order", "plan")}
    return [_place(period, found.get(limits.order_of(period)), waiting, reader, now=now) for period in periods]


def _orders(reader: Subscriber, periods: list[PlanPeriod]) -> dict[str, Order]:
    ids = [order_id for period in periods if (order_id := limits.order_of(period))]
    seen = Order.objects.visible_to(reader).filter(pk__in=ids).select_related("plan", "line")
    return {str(order.pk): order for order in seen.prefetch_related("payments")}


def _place(
    period: PlanPeriod, order: Order | None, waiting: dict[UUID, QueueChange], reader: Subscriber, *, now: datetime
) -> Place:
    if period.starts_at <= now:
        return Place(period=period, is_running=True, order=order, is_mine=_is_mine(order, reader))
    if order is None:
        return Place(period=period, is_running=False, why=Why.NO_ORDER)
    return Place(
        period=period,
        is_running=False,
        order=order,
        is_mine=_is_mine(order, reader),
        change=waiting.get(order.pk),
        until=limits.cut_off(period),
        why=limits.in_the_way(order, period, now=now),
        may_withdraw=_is_mine(order, reader)
        and withdrawal.is_offered(order, now=now)
        and not refund_requests.is_disputed(order),
    )


def _is_mine(order: Order | None, reader: Subscriber) -> bool:
    return order is not None and order.buyer_id == reader.pk
