"""Ask the gateway, then in one transaction book the money and apply the order. May run any number of times, anywhere.

The webhook's worker, the return page, the sweeps and support all come through here; whoever is first wins.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import Q

from billing import application, ledger, orders, reviews, telling
from billing.gateways import gateway
from billing.gateways.protocol import FactState, GatewayProblem, PaymentFact
from billing.ledger import Posting
from billing.models import (
    AccountKind,
    EntryKind,
    Order,
    OrderState,
    Payment,
    PaymentState,
    ReviewKind,
)
from lib import clock
from lib.alarm import alarm
from lib.failpoints import failpoint
from lib.money import Money
from lib.transactions import whole

log = structlog.get_logger(__name__)

#: The order's page asks the gateway at most once in this time, whoever reloads it.
ASK_EVERY = timedelta(seconds=5)


def fulfil(payment_id: UUID, *, now: datetime) -> Payment:
    """Bring a payment and its order up to what the gateway says now. Idempotent.

    Raises billing.gateways.protocol.GatewayProblem when it does not answer; nothing has changed then.
    """
    payment = (
        Payment.objects.only("id", "session_id", "order_id", "order__line_id", "state")
        .select_related("order")
        .get(pk=payment_id)
    )
    if payment.session_id is None:
        return payment
    failpoint("fulfil.before_ask")
    fact = gateway().page_fact(payment.session_id)
    failpoint("fulfil.after_ask")
    settled = settle(payment_id, fact, now=now)
    failpoint("fulfil.after_commit")
    return settled


def ask_again(order: Order, *, now: datetime) -> None:
    """For somebody looking at an order: ask for each payment that may still change, at most every 5 s in all. A gateway that
    does not answer is left to the sweeps.
    """
    quiet = clock.real_now() - ASK_EVERY
    waiting = order.payments.filter(Q(asked_at=None) | Q(asked_at__lt=quiet)).exclude(session_id=None)
    for payment in waiting.exclude(state=PaymentState.SUCCEEDED).order_by("-created_at")[:2]:
        if take_turn(payment.pk, before=payment.asked_at):
            try_fulfil(payment.pk, now=now)


def try_fulfil(payment_id: UUID, *, now: datetime) -> bool:
    """`fulfil`, leaving a gateway that does not answer to the sweeps. False when it did not."""
    try:
        fulfil(payment_id, now=now)
    except GatewayProblem as error:
        log.warning("fulfil.no_answer", payment_id=str(payment_id), error=type(error).__name__)
        return False
    return True


def take_turn(payment_id: UUID, *, before: datetime | None) -> bool:
    """Whether it is ours to ask now: nobody has asked since `before`, the `asked_at` that was read."""
    return Payment.objects.filter(pk=payment_id, asked_at=before).update(asked_at=clock.real_now()) == 1


@whole
def settle(payment_id: UUID, fact: PaymentFact, *, now: datetime) -> Payment:
    """Book what `fact` says and decide what follows, all or nothing. Locks: line, order, payment, credit. See docs/locking.md."""
    ids = Payment.objects.values_list("order_id", "order__line_id").get(pk=payment_id)
    line, order = orders.lock(ids[0], line_id=ids[1])
    payment = Payment.objects.select_for_update(no_key=True, of=("self",)).get(pk=payment_id)
    order.line, payment.order = line, order
    if fact.state == FactState.SUCCEEDED:
        _money_came(payment, order, fact, now=now)
    elif payment.state != PaymentState.SUCCEEDED:
        _no_money_yet(payment, order, fact, now=now)
    failpoint("settle.before_commit")
    return payment


def _money_came(payment: Payment, order: Order, fact: PaymentFact, *, now: datetime) -> None:
    if fact.received is None or fact.received.minor <= 0 or fact.intent_id is None:
        alarm("payment.zero", subject=f"payment:{payment.pk}", detail="the gateway says paid, and nothing came")
        return
    if not _book(order, fact.received, fact.intent_id, now=now):
        return
    failpoint("settle.booked")
    payment.move_to(
        PaymentState.SUCCEEDED,
        intent_id=fact.intent_id,
        received_minor=fact.received.minor,
        received_currency=fact.received.currency,
        method_label=fact.method_label[:60],
        failure_code="",
        unknown_since=None,
        asked_at=clock.real_now(),
    )
    _decide(order, fact.received, exact=fact.received.minor == order.price_minor, now=now)


def _book(order: Order, received: Money, intent_id: str, *, now: datetime) -> bool:
    """Clearing → held, whatever our rows say; the key is the intent. False when it was booked before."""
    pots = ledger.pots(AccountKind.CLEARING, AccountKind.HELD, currency=received.currency)
    return ledger.post(
        Posting(
            kind=EntryKind.PAYMENT,
            source=pots[AccountKind.CLEARING],
            target=pots[AccountKind.HELD],
            amount_minor=received.minor,
            key=f"payment:{intent_id}",
            event_at=now,
            actor="gateway",
            order=order,
        )
    )


def _decide(order: Order, received: Money, *, exact: bool, now: datetime) -> None:
    """The table "what came, what happens" of docs/money.md."""
    note = {"minor": received.minor, "currency": received.currency}
    orders.note(order, "money_in", at=now, actor="gateway", **note)
    telling.money_received(order, received)
    if order.state == OrderState.CANCELLED:
        reviews.open_item(order, ReviewKind.CANCELLED, currency=received.currency, now=now)
    elif order.state not in _WAITING:
        reviews.open_item(order, ReviewKind.TWICE, currency=received.currency, now=now)
    elif received.currency != order.currency:
        reviews.open_item(order, ReviewKind.OTHER_CURRENCY, currency=received.currency, now=now)
    else:
        _apply_if_covered(order, first_and_exact=exact and order.state != OrderState.REVIEW, now=now)


_WAITING = (OrderState.PENDING, OrderState.PROCESSING, OrderState.EXPIRED, OrderState.PAID, OrderState.REVIEW)


def _apply_if_covered(order: Order, *, first_and_exact: bool, now: datetime) -> None:
    held = order.price_minor if first_and_exact else ledger.held_for(order.pk).get(order.currency, 0)
    if held < order.price_minor:
        reviews.open_item(order, ReviewKind.SHORT, currency=order.currency, now=now)
        return
    if obstacle := application.obstacle(order, now=now):
        reviews.open_item(order, obstacle, currency=order.currency, now=now)
        return
    application.apply(order, now=now)
    reviews.close_applied(order, now=now)
    if held > order.price_minor:
        reviews.open_item(order, ReviewKind.OVER, currency=order.currency, now=now)


_FOLLOWS = {
    FactState.OPEN: PaymentState.OPEN,
    FactState.PROCESSING: PaymentState.PROCESSING,
    FactState.FAILED: PaymentState.FAILED,
    FactState.EXPIRED: PaymentState.EXPIRED,
    FactState.CANCELLED: PaymentState.CANCELLED,
}


def _no_money_yet(payment: Payment, order: Order, fact: PaymentFact, *, now: datetime) -> None:
    after = _FOLLOWS[fact.state]
    declined = bool(fact.failure_code) and fact.failure_code != payment.failure_code
    known = {"failure_code": fact.failure_code or payment.failure_code, "asked_at": clock.real_now()}
    if fact.intent_id and payment.intent_id is None:
        known["intent_id"] = fact.intent_id
    if payment.is_live and after != payment.state:
        payment.move_to(after, **known)
        _order_follows(order, payment, now=now)
    else:
        Payment.objects.filter(pk=payment.pk).update(**known)
    if declined:
        orders.note(order, "declined", at=now, actor="gateway", code=fact.failure_code)


def _order_follows(order: Order, payment: Payment, *, now: datetime) -> None:
    if payment.state == PaymentState.PROCESSING and order.state == OrderState.PENDING:
        order.move_to(OrderState.PROCESSING)
        orders.note(order, "processing", at=now, actor="gateway")
    elif not payment.is_live and order.state == OrderState.PROCESSING:
        order.move_to(OrderState.PENDING, expires_at=clock.real_now() + orders.PAYABLE_FOR)
        orders.note(order, "payment_failed", at=now, actor="gateway", code=payment.failure_code)
        telling.payment_failed(order)
