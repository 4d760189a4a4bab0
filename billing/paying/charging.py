"""Taking the money of an order with a saved way to pay while its owner is away: one intent an order, one try at a time.

A try and its key are committed before the gateway is called. As long as a try has no answer there is no other: an unknown outcome is
asked for again under the same key, and looked up once the gateway may have forgotten that key.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import F, Q

from billing import fulfilment, orders
from billing.gateways import gateway
from billing.gateways.facts import FactState, PaymentFact
from billing.gateways.protocol import GatewayProblem, OutcomeUnknown, Refused, Unavailable
from billing.gateways.saved import ChargeRequest
from billing.models import (
    LIVE_PAYMENT_STATES,
    AttemptState,
    Order,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    PaymentState,
    PaymentWay,
)
from billing.paying.attempts import CALLS_A_KEY, KEY_KEPT_FOR, NothingToPay, PageNotOpened, amount_due
from billing.saved_methods import customers
from lib import clock
from lib.compiled import Compiled, Given
from lib.failpoints import failpoint
from lib.money import Money
from lib.transactions import whole

log = structlog.get_logger(__name__)

#: A worker that took a try and is silent for so long has died with it.
SILENT = timedelta(minutes=2)
BATCH = 200
_UNANSWERED = (AttemptState.ASKED, AttemptState.PROCESSING)
#: Two clocks never agree.
_EARLIER = timedelta(hours=1)


class CannotBeCharged(Exception):
    """The way to pay is not there any more, or is not the buyer's."""


class PaidElsewhere(Exception):
    """Another payment of the order is open: a page, or a transfer."""


def charge(*, order_id: UUID, line_id: UUID, method_id: UUID, now: datetime) -> PaymentAttempt:
    """Try to take what the order lacks with `method_id`; a try that waits for its answer is asked for again instead.

    The order is applied when this returns with a try that succeeded. Raises NothingToPay, CannotBeCharged, PaidElsewhere.
    """
    return ask(begin(order_id=order_id, line_id=line_id, method_id=method_id).pk, now=now)


@whole
def begin(*, order_id: UUID, line_id: UUID, method_id: UUID) -> PaymentAttempt:
    """The try, committed with its key before anybody is called: the one without an answer, else a new one.

    Raises NothingToPay, CannotBeCharged, PaidElsewhere.
    """
    _line, order = orders.lock(order_id, line_id=line_id)
    payment = _payment_of(order)
    if payment and (known := payment.tries.filter(state__in=_UNANSWERED).first()):
        return known
    due = amount_due(order)
    method = PaymentMethod.objects.get(pk=method_id)
    if not method.is_saved or method.subscriber_id != order.buyer_id:
        raise CannotBeCharged
    if order.method != method.way:
        order.method = method.way
        order.save(update_fields=["method"])
    if payment is None:
        payment = _new_payment(order, due)
    key = f"try:{payment.pk}:{payment.tries.count() + 1}"
    return PaymentAttempt.objects.create(payment=payment, method=method, idempotency_key=key)


def _payment_of(order: Order) -> Payment | None:
    """The order's live payment with saved ways to pay. Raises PaidElsewhere when the live one is of another way."""
    rows = order.payments.select_for_update(no_key=True, of=("self",))
    live = rows.filter(state__in=LIVE_PAYMENT_STATES).first()
    if live and live.way != PaymentWay.SAVED:
        raise PaidElsewhere
    return live


def _new_payment(order: Order, due: Money) -> Payment:
    return Payment.objects.create(
        order=order,
        way=PaymentWay.SAVED,
        amount_minor=due.minor,
        currency=due.currency,
        idempotency_key=f"order:{order.pk}:{order.payments.count() + 1}",
    )


_TRY = Compiled(PaymentAttempt.objects.select_related("payment__order", "method__subscriber").filter(pk=Given("id")))


def ask(attempt_id: UUID, *, now: datetime) -> PaymentAttempt:
    """Carry a try out, or find out what became of it; it keeps waiting when the gateway does not say. Idempotent."""
    attempt = _TRY.one(id=attempt_id)
    if attempt.state == AttemptState.PROCESSING:
        fulfilment.try_fulfil(attempt.payment_id, now=now)
    elif attempt.state == AttemptState.ASKED:
        _ask(attempt, now=now)
    attempt.refresh_from_db()
    return attempt


def _ask(attempt: PaymentAttempt, *, now: datetime) -> None:
    PaymentAttempt.objects.filter(pk=attempt.pk).update(calls=F("calls") + 1)
    failpoint("charge.before_call")
    try:
        fact = _look_up(attempt) if _is_stale(attempt) else gateway().charge(_request(attempt))
    except Refused as error:
        _refuse(attempt.pk, code=error.code)
        return
    except (OutcomeUnknown, Unavailable) as error:
        log.warning("charge.no_answer", attempt_id=str(attempt.pk), error=type(error).__name__)
        PaymentAttempt.objects.filter(pk=attempt.pk, unknown_since=None).update(unknown_since=clock.real_now())
        return
    failpoint("charge.after_call")
    is_old_news = fact is not None and fact.state == FactState.OPEN and _is_stale(attempt) and attempt.payment.intent_id
    if fact is None or is_old_news:
        _refuse(attempt.pk, code="never_made")
    else:
        _answer(attempt, fact, now=now)


def _is_stale(attempt: PaymentAttempt) -> bool:
    """Whether asking under the same key again is useless, or no longer safe: the key keeps failing, or may be forgotten."""
    return attempt.calls >= CALLS_A_KEY or attempt.asked_at < clock.real_now() - KEY_KEPT_FOR


def _look_up(attempt: PaymentAttempt) -> PaymentFact | None:
    """What the gateway knows of the payment; None when it never heard of it. Raises GatewayProblem."""
    payment = attempt.payment
    if payment.intent_id:
        return gateway().charge_fact(payment.intent_id)
    customer_id = customers.opened(attempt.method.subscriber)
    return gateway().find_charge(payment.pk, customer_id=customer_id, since=payment.created_at - _EARLIER)


def _request(attempt: PaymentAttempt) -> ChargeRequest:
    """Raises GatewayProblem."""
    payment = attempt.payment
    return ChargeRequest(
        payment_id=payment.pk,
        order_reference=payment.order.reference,
        price=Money(payment.amount_minor, payment.currency),
        customer_id=customers.opened(attempt.method.subscriber),
        method_id=attempt.method.gateway_id,
        idempotency_key=attempt.idempotency_key,
        intent_id=payment.intent_id or "",
    )


def _answer(attempt: PaymentAttempt, fact: PaymentFact, *, now: datetime) -> None:
    """Keep the answer, then book what came. The payment follows first: a crash between leaves a try that asks again."""
    fulfilment.settle(attempt.payment, fact, now=now)
    failpoint("charge.settled")
    if fact.state == FactState.OPEN:
        _decline(attempt.pk, fact)


@whole
def _decline(attempt_id: UUID, fact: PaymentFact) -> None:
    attempt = _locked(attempt_id)
    if attempt.state in _UNANSWERED:
        state = AttemptState.WANTS_BANK if fact.wants_bank else AttemptState.DECLINED
        attempt.move_to(
            state,
            failure_code=fact.failure_code,
            advice=fact.advice.value,
            unknown_since=None,
            answered_at=clock.real_now(),
        )


@whole
def _refuse(attempt_id: UUID, *, code: str) -> None:
    attempt = _locked(attempt_id)
    if attempt.state in _UNANSWERED:
        attempt.move_to(AttemptState.REFUSED, failure_code=code[:60], unknown_since=None, answered_at=clock.real_now())


def _locked(attempt_id: UUID) -> PaymentAttempt:
    """Line, order and payment are locked before it (docs/locking.md)."""
    ids = PaymentAttempt.objects.values_list("payment_id", "payment__order_id", "payment__order__line_id")
    payment_id, order_id, line_id = ids.get(pk=attempt_id)
    orders.lock(order_id, line_id=line_id)
    Payment.objects.select_for_update(no_key=True, of=("self",)).get(pk=payment_id)
    return PaymentAttempt.objects.select_for_update(no_key=True, of=("self",)).get(pk=attempt_id)


def let_go(order: Order, *, now: datetime) -> None:
    """Before the payer pays in another way: the intent ends at the gateway; what was taken just before is settled and wins.

    Raises NothingToPay while a try has no answer, PageNotOpened when the gateway does not answer.
    """
    payment = order.payments.filter(way=PaymentWay.SAVED, state__in=LIVE_PAYMENT_STATES).first()
    if payment is None:
        return
    if payment.tries.filter(state__in=_UNANSWERED).exists():
        raise NothingToPay
    if payment.intent_id is None:
        _end_unmade(payment.pk)
        return
    try:
        fact = gateway().close_charge(payment.intent_id)
    except GatewayProblem as error:
        raise PageNotOpened from error
    fulfilment.settle(payment, fact, now=now)


@whole
def _end_unmade(payment_id: UUID) -> None:
    """No try of it ever reached the gateway."""
    order_id, line_id = Payment.objects.values_list("order_id", "order__line_id").get(pk=payment_id)
    orders.lock(order_id, line_id=line_id)
    payment = Payment.objects.select_for_update(no_key=True, of=("self",)).get(pk=payment_id)
    if payment.state == PaymentState.CREATED and not payment.tries.filter(state__in=_UNANSWERED).exists():
        payment.move_to(PaymentState.CANCELLED)


def sweep(*, now: datetime) -> int:
    """Ask again for every try that has been without an answer for a while. Returns how many."""
    quiet = clock.real_now() - SILENT
    silent = PaymentAttempt.objects.filter(Q(unknown_since=None) | Q(unknown_since__lte=quiet), asked_at__lte=quiet)
    ids = list(silent.filter(state=AttemptState.ASKED).order_by("asked_at").values_list("pk", flat=True)[:BATCH])
    for attempt_id in ids:
        ask(attempt_id, now=now)
    return len(ids)
