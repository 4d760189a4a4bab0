"""A new attempt to pay an order: its row and key are committed before the gateway is called."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import F

from billing import ledger, orders
from billing.models import (
    GATEWAY_METHODS,
    LIVE_PAYMENT_STATES,
    Method,
    Order,
    OrderState,
    Payment,
    PaymentState,
    PaymentWay,
)
from lib import clock
from lib.money import Money
from lib.transactions import whole

#: Stripe wants 30 minutes to 24 hours (docs.stripe.com/api/checkout/sessions/create, expires_at); a minute for slow clocks.
PAGE_OPEN_FOR = timedelta(minutes=31)
#: A page about to close is replaced instead of shown again.
NEARLY_CLOSED = timedelta(minutes=2)
#: After so many failed calls under one key a new attempt with a new key is made: Stripe stores a 500 under the key.
CALLS_A_KEY = 3


#: Stripe forgets a key after about 24 hours (docs.stripe.com/api/idempotent_requests): the same key would open another one.
KEY_KEPT_FOR = timedelta(hours=20)
#: How long a bank transfer is waited for.
TRANSFER_WAITS = timedelta(days=14)


class NothingToPay(Exception):
    """The order does not wait for money."""


class PageNotOpened(Exception):
    """The gateway did not give a page. Nothing was charged; trying again is safe."""


@dataclass(frozen=True)
class Attempt:
    payment: Payment
    due: Money


@whole
def begin(*, order_id: UUID, line_id: UUID) -> Attempt:
    """The live attempt to pay what the order still lacks, made when there is none that can be used. Raises NothingToPay."""
    _line, order = orders.lock(order_id, line_id=line_id)
    due = amount_due(order)
    live = order.payments.select_for_update(no_key=True, of=("self",)).filter(state__in=LIVE_PAYMENT_STATES).first()
    if live and (live.state == PaymentState.PROCESSING or live.way == PaymentWay.SAVED):
        raise NothingToPay
    if live and _is_over(live):
        # nobody can pay there any more, and should money come it is booked all the same
        live.move_to(PaymentState.EXPIRED)
        live = None
    if live is None:
        live = _new_payment(order, due)
    if not _is_open(live):
        Payment.objects.filter(pk=live.pk).update(attempts=F("attempts") + 1)
    return Attempt(payment=live, due=Money(live.amount_minor, live.currency))


def _is_open(payment: Payment) -> bool:
    """Whether the payer has been told where to pay."""
    return bool(payment.page_url or payment.instructions)


def _new_payment(order: Order, due: Money) -> Payment:
    is_transfer = order.method == Method.TRANSFER
    open_for = TRANSFER_WAITS if is_transfer else PAGE_OPEN_FOR
    payment = Payment.objects.create(
        order=order,
        way=PaymentWay.TRANSFER if is_transfer else PaymentWay.PAGE,
        amount_minor=due.minor,
        currency=due.currency,
        idempotency_key=f"order:{order.pk}:{order.payments.count() + 1}",
        expires_at=clock.real_now() + open_for,
    )
    if order.state == OrderState.PENDING:
        order.expires_at = max(order.expires_at, clock.real_now() + max(orders.PAYABLE_FOR, open_for + NEARLY_CLOSED))
        order.save(update_fields=["expires_at"])
    return payment


def amount_due(order: Order) -> Money:
    """What is still missing. Raises NothingToPay."""
    if order.method not in GATEWAY_METHODS or order.state not in {OrderState.PENDING, OrderState.REVIEW}:
        raise NothingToPay
    held = ledger.held_for(order.pk)
    missing = order.price_minor - held.get(order.currency, 0)
    if missing <= 0 or (
        order.state == OrderState.REVIEW and not order.review_items.filter(kind="short", closed_at=None)
    ):
        raise NothingToPay
    return Money(missing, order.currency)


def _is_over(live: Payment) -> bool:
    """Whether nothing good comes of asking under this key again: it closes soon, keeps failing, or its key is about to be forgotten."""
    if _is_closing(live):
        return True
    is_old = live.created_at < clock.real_now() - KEY_KEPT_FOR
    return not _is_open(live) and (live.attempts >= CALLS_A_KEY or is_old)


def _is_closing(payment: Payment) -> bool:
    return payment.expires_at is not None and payment.expires_at <= clock.real_now() + NEARLY_CLOSED


@whole
def give_up(payment_id: UUID, *, code: str) -> None:
    """An attempt whose page was never opened ends; the order can be paid by another."""
    order_id, line_id = Payment.objects.values_list("order_id", "order__line_id").get(pk=payment_id)
    orders.lock(order_id, line_id=line_id)
    payment = Payment.objects.select_for_update(no_key=True, of=("self",)).get(pk=payment_id)
    if payment.state == PaymentState.CREATED:
        payment.move_to(PaymentState.FAILED, failure_code=code[:60])
