"""Taking back what was paid for another's number: within ten minutes, while nothing of it is used, without being asked why."""

from datetime import datetime

from billing.giving_back import refund_requests
from billing.giving_back.refund_requests import CannotBeGivenBack, RefundWish
from billing.models import GuestTopUp, Order, OrderState, RefundCause
from billing.telling import UNDO_FOR


class CannotBeUndone(Exception):
    """Too late, or something of it is used. Which of both is not told: it would tell of the line."""


def until(order: Order) -> datetime | None:
    """Until when it is offered; None when it is not applied, or was taken back."""
    if order.state != OrderState.APPLIED or order.applied_at is None:
        return None
    return order.applied_at + UNDO_FOR


def undo(top_up: GuestTopUp, *, now: datetime) -> None:
    """Give all of it back to its payer. A second click changes nothing. Raises CannotBeUndone."""
    order = top_up.order
    if order is None or order.state == OrderState.REVERSED:
        return
    ends_at = until(order)
    if ends_at is None or now >= ends_at:
        raise CannotBeUndone
    wish = RefundWish(
        order=order,
        key=f"undo:{top_up.pk}",
        actor="payer",
        cause=RefundCause.UNDONE,
        amount_minor=order.price_minor,
        only_unused=True,
        may_grant=True,
    )
    try:
        refund_requests.ask(wish, now=now)
    except CannotBeGivenBack as error:
        raise CannotBeUndone from error
