"""From an order to a payment page. The payment row and its key are committed before the gateway is called."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.urls import reverse

from billing import ledger, orders
from billing.gateways import gateway
from billing.gateways.protocol import CheckoutPage, CheckoutRequest, OutcomeUnknown, Refused, Unavailable
from billing.models import LIVE_PAYMENT_STATES, Method, Order, OrderState, Payment, PaymentState
from lib import clock
from lib.alarm import alarm
from lib.failpoints import failpoint
from lib.money import Money
from lib.transactions import whole

#: Stripe wants 30 minutes to 24 hours (docs.stripe.com/api/checkout/sessions/create, expires_at); a minute for slow clocks.
PAGE_OPEN_FOR = timedelta(minutes=31)
#: A page about to close is replaced instead of shown again.
NEARLY_CLOSED = timedelta(minutes=2)
#: After so many failed calls under one key a new attempt with a new key is made: Stripe stores a 500 under the key.
CALLS_A_KEY = 3


class NothingToPay(Exception):
    """The order does not wait for money."""


class PageNotOpened(Exception):
    """The gateway did not give a page. Nothing was charged; trying again is safe."""


@dataclass(frozen=True)
class _Attempt:
    payment: Payment
    due: Money


def start(order_id: UUID) -> str:
    """The address of the payment page for what the order still lacks. A second click gets the same page.

    Raises NothingToPay, PageNotOpened.
    """
    order = Order.objects.get(pk=order_id)
    attempt = _attempt(order_id=order_id, line_id=order.line_id)
    if attempt.payment.page_url:
        return attempt.payment.page_url
    failpoint("checkout.before_call")
    try:
        page = gateway().open_page(_request(order, attempt))
    except OutcomeUnknown as error:
        Payment.objects.filter(pk=attempt.payment.pk).update(unknown_since=clock.real_now())
        raise PageNotOpened from error
    except Unavailable as error:
        raise PageNotOpened from error
    except Refused as error:
        alarm("checkout.refused", subject=f"payment:{attempt.payment.pk}", detail=error.code)
        give_up(attempt.payment.pk, code=error.code)
        raise PageNotOpened from error
    failpoint("checkout.after_call")
    return _record(attempt.payment.pk, page, line_id=order.line_id, order_id=order.pk)


@whole
def _attempt(*, order_id: UUID, line_id: UUID) -> _Attempt:
    _line, order = orders.lock(order_id, line_id=line_id)
    due = amount_due(order)
    live = order.payments.select_for_update(no_key=True, of=("self",)).filter(state__in=LIVE_PAYMENT_STATES).first()
    if live and live.state == PaymentState.PROCESSING:
        raise NothingToPay
    if live and (_is_closing(live) or (live.attempts >= CALLS_A_KEY and not live.page_url)):
        live.move_to(
            PaymentState.EXPIRED
        )  # nobody can pay there any more, and should money come it is booked all the same
        live = None
    if live is None:
        live = _new_payment(order, due)
    if not live.page_url:
        Payment.objects.filter(pk=live.pk).update(attempts=F("attempts") + 1)
    return _Attempt(payment=live, due=Money(live.amount_minor, live.currency))


def _new_payment(order: Order, due: Money) -> Payment:
    payment = Payment.objects.create(
        order=order,
        amount_minor=due.minor,
        currency=due.currency,
        idempotency_key=f"order:{order.pk}:{order.payments.count() + 1}",
        expires_at=clock.real_now() + PAGE_OPEN_FOR,
    )
    if order.state == OrderState.PENDING:
        order.expires_at = max(order.expires_at, clock.real_now() + orders.PAYABLE_FOR)
        order.save(update_fields=["expires_at"])
    return payment


def amount_due(order: Order) -> Money:
    """What is still missing. Raises NothingToPay."""
    if order.method != Method.CARD or order.state not in {OrderState.PENDING, OrderState.REVIEW}:
        raise NothingToPay
    held = ledger.held_for(order.pk)
    missing = order.price_minor - held.get(order.currency, 0)
    if missing <= 0 or (
        order.state == OrderState.REVIEW and not order.review_items.filter(kind="short", closed_at=None)
    ):
        raise NothingToPay
    return Money(missing, order.currency)


def _is_closing(payment: Payment) -> bool:
    return payment.expires_at is not None and payment.expires_at <= clock.real_now() + NEARLY_CLOSED


def _request(order: Order, attempt: _Attempt) -> CheckoutRequest:
    """Built from committed rows only: under one key the gateway wants the same parameters each time."""
    page = settings.PORTAL_ORIGIN + reverse("order", args=[order.pk])
    title = str(order.summary.get("title") or order.reference)
    return CheckoutRequest(
        payment_id=attempt.payment.pk,
        order_reference=order.reference,
        title=title,
        price=attempt.due,
        email=order.payer_email,
        language=order.payer_language,
        success_url=page,
        cancel_url=page,
        expires_at=attempt.payment.expires_at or clock.real_now() + PAGE_OPEN_FOR,
        idempotency_key=attempt.payment.idempotency_key,
    )


@whole
def _record(payment_id: UUID, page: CheckoutPage, *, line_id: UUID, order_id: UUID) -> str:
    _line, order = orders.lock(order_id, line_id=line_id)
    payment = Payment.objects.select_for_update(no_key=True, of=("self",)).get(pk=payment_id)
    known = {"session_id": page.session_id, "page_url": page.url, "expires_at": page.expires_at, "unknown_since": None}
    if payment.state == PaymentState.CREATED:
        payment.move_to(PaymentState.OPEN, **known)
        orders.note(order, "payment_page", at=clock.now(), actor="system", payment=str(payment.pk))
    elif payment.session_id is None:
        Payment.objects.filter(pk=payment_id).update(**known)
    return page.url


@whole
def give_up(payment_id: UUID, *, code: str) -> None:
    """An attempt whose page was never opened ends; the order can be paid by another."""
    order_id, line_id = Payment.objects.values_list("order_id", "order__line_id").get(pk=payment_id)
    orders.lock(order_id, line_id=line_id)
    payment = Payment.objects.select_for_update(no_key=True, of=("self",)).get(pk=payment_id)
    if payment.state == PaymentState.CREATED:
        payment.move_to(PaymentState.FAILED, failure_code=code[:60])
