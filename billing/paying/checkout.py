"""From an order to where it is paid: the gateway's page, or our own with the bank details."""

from uuid import UUID

from django.conf import settings
from django.urls import reverse

from billing import orders
from billing.gateways import gateway
from billing.gateways.protocol import CheckoutPage, CheckoutRequest, OutcomeUnknown, Refused, Unavailable
from billing.models import Method, Order, Payment, PaymentState
from billing.paying import attempts, charging, transfers
from billing.paying.attempts import PAGE_OPEN_FOR, Attempt, PageNotOpened
from billing.saved_methods import customers
from lib import clock
from lib.alarm import alarm
from lib.failpoints import failpoint
from lib.transactions import whole


def start(order_id: UUID) -> str:
    """The address where what the order still lacks is paid. A second click gets the same page.

    Raises attempts.NothingToPay, PageNotOpened.
    """
    order = Order.objects.select_related("buyer").get(pk=order_id)
    charging.let_go(order, now=clock.now())
    attempt = attempts.begin(order_id=order_id, line_id=order.line_id)
    if order.method == Method.TRANSFER:
        transfers.start(order, attempt)
        return reverse("order_transfer", args=[order.pk])
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
        attempts.give_up(attempt.payment.pk, code=error.code)
        raise PageNotOpened from error
    failpoint("checkout.after_call")
    return _record(attempt.payment.pk, page, line_id=order.line_id, order_id=order.pk)


def _request(order: Order, attempt: Attempt) -> CheckoutRequest:
    """Built from committed rows only: under one key the gateway wants the same parameters each time. Raises GatewayProblem."""
    keeps = order.buyer is not None and "keep" in order.consents
    page = settings.PORTAL_ORIGIN + reverse("order", args=[order.pk])
    title = str(order.summary.get("title") or order.reference)
    return CheckoutRequest(
        payment_id=attempt.payment.pk,
        order_reference=order.reference,
        title=title,
        way="paypal" if order.method == Method.PAYPAL else "card",
        price=attempt.due,
        email=order.payer_email,
        language=order.payer_language,
        success_url=page,
        cancel_url=page,
        expires_at=attempt.payment.expires_at or clock.real_now() + PAGE_OPEN_FOR,
        idempotency_key=attempt.payment.idempotency_key,
        customer_id=customers.opened(order.buyer) if keeps and order.buyer else "",
        saves=keeps,
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
