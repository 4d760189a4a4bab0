"""An order that waits for its money is paid another way: what was begun is ended at the gateway first."""

from datetime import datetime
from uuid import UUID

from billing import orders
from billing.models import GATEWAY_METHODS, LIVE_PAYMENT_STATES, Method, Order, OrderState, PaymentState
from billing.paying.cancellation import close_pages
from lib.transactions import whole


def is_open_for(order: Order) -> bool:
    """Whether the way to pay may still change."""
    waits = order.state == OrderState.PENDING or (
        order.state == OrderState.REVIEW and order.review_items.filter(kind="short", closed_at=None).exists()
    )
    return waits and order.method in GATEWAY_METHODS


def change(order: Order, *, method: Method, actor: str, now: datetime) -> Order:
    """End what is open at the gateway, then let `order` be paid by `method`. What was paid meanwhile wins.

    Raises orders.NotWaiting, attempts.PageNotOpened when the gateway does not answer.
    """
    close_pages(order, now=now)
    return _change(order.pk, line_id=order.line_id, method=method, actor=actor, now=now)


@whole
def _change(order_id: UUID, *, line_id: UUID, method: Method, actor: str, now: datetime) -> Order:
    _line, order = orders.lock(order_id, line_id=line_id)
    is_paying = order.payments.filter(state__in=LIVE_PAYMENT_STATES, intent_id__isnull=False).exists()
    if not is_open_for(order) or is_paying:
        raise orders.NotWaiting
    for payment in order.payments.select_for_update(no_key=True, of=("self",)).filter(state__in=LIVE_PAYMENT_STATES):
        payment.move_to(PaymentState.CANCELLED)
    if order.method != method:
        orders.note(order, "another_way", at=now, actor=actor, before=order.method, after=method.value)
        order.method = method
        order.save(update_fields=["method"])
    return order
