"""What finds money and orders that nobody woke a worker for. Each may run any number of times, late, on several hosts."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from billing import fulfilment, orders
from billing.models import LIVE_PAYMENT_STATES, Order, OrderState, Payment, PaymentWay, Refund, RefundState
from billing.paying import attempts, transfer_returns, transfers
from lib import clock, queue
from lib.transactions import whole

BATCH = 200
#: An open page is asked for after 20 s, then after as long as it has been open already, at most every 10 minutes.
FIRST_ASK = timedelta(seconds=20)
LAST_ASK = timedelta(minutes=10)
REFUND_ASK = timedelta(minutes=2)


def payments() -> int:
    """Wake a worker for each payment whose notice may be lost, and for each refund that is not at its end. Returns how many."""
    woken = 0
    for payment in _due_payments():
        if not fulfilment.take_turn(payment.pk, before=payment.asked_at):
            continue
        woken += 1
        if payment.gateway_id is None:
            _settle_unopened(payment)
        elif payment.way == PaymentWay.TRANSFER and payment.expires_at and payment.expires_at <= clock.real_now():
            queue.wake("billing.end_transfer", payment_id=str(payment.pk))
        else:
            queue.wake("billing.fulfil", payment_id=str(payment.pk))
    for customer_id in transfers.due():
        queue.wake("billing.follow_transfers", customer_id=customer_id)
        woken += 1
    for return_id in transfer_returns.due():
        queue.wake("billing.follow_transfer_return", return_id=str(return_id))
        woken += 1
    for refund_id in _due_refunds():
        queue.wake("billing.follow_refund", refund_id=str(refund_id))
        woken += 1
    return woken


def _due_payments() -> list[Payment]:
    real = clock.real_now()
    live = Payment.objects.filter(state__in=LIVE_PAYMENT_STATES, created_at__lte=real - FIRST_ASK)
    age = real - F("created_at")
    due = live.filter(
        Q(asked_at=None) | Q(asked_at__lte=real - LAST_ASK) | Q(asked_at__lte=F("created_at") + age / 2)
    ).exclude(asked_at__gt=real - FIRST_ASK)
    return list(due.order_by(F("asked_at").asc(nulls_first=True))[:BATCH])


def _settle_unopened(payment: Payment) -> None:
    """A page nobody has seen cannot be paid: once its time is over the attempt is, too. One that may have been seen is looked for."""
    if payment.unknown_since:
        queue.wake("billing.find_lost_page", payment_id=str(payment.pk))
    if payment.expires_at is not None and payment.expires_at <= clock.real_now():
        attempts.give_up(payment.pk, code="never_opened")


def _due_refunds() -> list[UUID]:
    waiting = (RefundState.REQUESTED, RefundState.SUBMITTED, RefundState.PENDING, RefundState.NEEDS_PAYER)
    quiet = clock.real_now() - REFUND_ASK
    due = Refund.objects.filter(Q(asked_at=None) | Q(asked_at__lte=quiet), state__in=waiting)
    return list(due.order_by("created_at").values_list("pk", flat=True)[:BATCH])


def unpaid_orders(*, now: datetime) -> int:
    """Let orders expire whose time is over and for which no payment is on its way. Returns how many."""
    due = Order.objects.filter(state=OrderState.PENDING, expires_at__lte=clock.real_now())
    due = due.exclude(payments__state__in=LIVE_PAYMENT_STATES)
    ids = list(due.order_by("expires_at").values_list("pk", "line_id")[:BATCH])
    return sum(_expire(order_id, line_id=line_id, now=now) for order_id, line_id in ids)


@whole
def _expire(order_id: UUID, *, line_id: UUID, now: datetime) -> bool:
    _line, order = orders.lock(order_id, line_id=line_id)
    if order.state != OrderState.PENDING or order.payments.filter(state__in=LIVE_PAYMENT_STATES).exists():
        return False
    orders.expire(order, at=now)
    return True
