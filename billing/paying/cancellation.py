"""Ending an order that was not paid: at the gateway first, so that nobody pays for nothing."""

import contextlib
from datetime import datetime
from uuid import UUID

from billing import orders
from billing.fulfilment import settle
from billing.gateways import gateway
from billing.gateways.facts import PaymentFact
from billing.gateways.protocol import GatewayProblem
from billing.models import LIVE_PAYMENT_STATES, AttemptState, Order, OrderState, Payment, PaymentState, PaymentWay
from billing.paying.attempts import PageNotOpened
from lib.transactions import whole


def close_pages(order: Order, *, now: datetime) -> None:
    """Let nobody pay on the order's open page any more; what was paid just before is settled. Raises PageNotOpened."""
    for payment in order.payments.select_related("order").filter(state__in=LIVE_PAYMENT_STATES):
        if payment.gateway_id is None:
            continue
        try:
            fact = _closed(payment, payment.gateway_id)
        except GatewayProblem as error:
            raise PageNotOpened from error
        settle(payment, fact, now=now)


def _closed(payment: Payment, gateway_id: str) -> PaymentFact:
    if payment.way == PaymentWay.TRANSFER:
        return gateway().close_transfer(gateway_id)
    if payment.way == PaymentWay.SAVED:
        return gateway().close_charge(gateway_id)
    return gateway().close_page(gateway_id)


def cancel(order: Order, *, actor: str, now: datetime) -> Order:
    """End an unpaid order. The page is closed at the gateway first; what was paid meanwhile wins.

    Raises orders.NotWaiting, PageNotOpened when the gateway does not answer.
    """
    close_pages(order, now=now)
    return _cancel(order.pk, line_id=order.line_id, actor=actor, now=now)


@whole
def _cancel(order_id: UUID, *, line_id: UUID, actor: str, now: datetime) -> Order:
    _line, order = orders.lock(order_id, line_id=line_id)
    for payment in order.payments.select_for_update(no_key=True, of=("self",)).filter(state__in=LIVE_PAYMENT_STATES):
        if payment.state == PaymentState.PROCESSING or payment.tries.filter(state=AttemptState.ASKED).exists():
            raise orders.NotWaiting
        payment.move_to(PaymentState.CANCELLED)
    if order.state == OrderState.CANCELLED:
        return order
    if order.state != OrderState.PENDING:
        raise orders.NotWaiting
    order.move_to(OrderState.CANCELLED)
    orders.note(order, "cancelled", at=now, actor=actor)
    return order


def end_transfer(payment_id: UUID, *, now: datetime) -> None:
    """A transfer was waited for long enough: the gateway waits no more, and the order can expire. What comes later is the payer's."""
    order = Order.objects.get(payments=payment_id)
    with contextlib.suppress(PageNotOpened):  # the next sweep tries again
        close_pages(order, now=now)
