"""Ask the gateway, then in one transaction book the money and apply the order. May run any number of times, anywhere.

The webhook's worker, the return page, the sweeps and support all come through here; whoever is first wins.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import Q

from billing import application, ledger, orders, reviews, telling
from billing.gateways import gateway
from billing.gateways.facts import FactState, PaymentFact
from billing.gateways.protocol import GatewayProblem
from billing.journal import Journal
from billing.ledger import Posting
from billing.models import (
    AccountKind,
    AttemptState,
    EntryKind,
    Order,
    OrderState,
    Payment,
    PaymentState,
    PaymentWay,
    ReviewKind,
)
from billing.saved_methods import saving
from lib import clock
from lib.alarm import alarm
from lib.compiled import Compiled, Given
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
        Payment.objects.only("id", "way", "session_id", "intent_id", "order_id", "order__line_id", "state")
        .select_related("order")
        .get(pk=payment_id)
    )
    if payment.gateway_id is None:
        return payment
    failpoint("fulfil.before_ask")
    fact = _ask(payment.way, payment.gateway_id)
    failpoint("fulfil.after_ask")
    settled = settle(payment, fact, now=now)
    failpoint("fulfil.after_commit")
    return settled


def _ask(way: str, gateway_id: str) -> PaymentFact:
    """What the gateway says of a payment, by what it was made of. Raises GatewayProblem."""
    match way:
        case PaymentWay.TRANSFER:
            return gateway().transfer_fact(gateway_id)
        case PaymentWay.SAVED:
            return gateway().charge_fact(gateway_id)
    return gateway().page_fact(gateway_id)


def ask_again(order: Order, *, now: datetime) -> None:
    """For somebody looking at an order: ask for each payment that may still change, at most every 5 s in all. A gateway that
    does not answer is left to the sweeps.
    """
    quiet = clock.real_now() - ASK_EVERY
    waiting = order.payments.filter(Q(asked_at=None) | Q(asked_at__lt=quiet)).exclude(session_id=None, intent_id=None)
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


_PAYMENT = Compiled(Payment.objects.select_for_update(no_key=True, of=("self",)).filter(pk=Given("id")))


@whole
def settle(payment: Payment, fact: PaymentFact, *, now: datetime) -> Payment:
    """Book what `fact` says and decide what follows, all or nothing; returns the payment as it is now.

    Locks: line, order, payment, credit (docs/locking.md). `payment` only names the rows; all of them are read anew.
    """
    line, order = orders.lock(payment.order_id, line_id=payment.order.line_id)
    locked = _PAYMENT.one(id=payment.pk)
    order.line, locked.order = line, order
    journal = Journal(order, now)
    if locked.way == PaymentWay.SAVED:
        _answer_try(locked, fact)
    if fact.state == FactState.SUCCEEDED:
        _money_came(locked, fact, journal)
    elif locked.state != PaymentState.SUCCEEDED:
        _no_money_yet(locked, fact, journal)
    journal.write()
    failpoint("settle.before_commit")
    return locked


_TRIES = {
    FactState.SUCCEEDED: AttemptState.SUCCEEDED,
    FactState.PROCESSING: AttemptState.PROCESSING,
    FactState.CANCELLED: AttemptState.DECLINED,
    FactState.FAILED: AttemptState.DECLINED,
}


def _answer_try(payment: Payment, fact: PaymentFact) -> None:
    """The try that waits has its answer. An intent that is open again may only tell of the try before: that is left to whoever asked."""
    state = _TRIES.get(fact.state)
    waiting = payment.tries.select_for_update(no_key=True, of=("self",)).filter(
        state__in=(AttemptState.ASKED, AttemptState.PROCESSING)
    )
    attempt = waiting.first() if state else None
    if state and attempt and attempt.state != state:
        is_over = state != AttemptState.PROCESSING
        attempt.move_to(state, unknown_since=None, answered_at=clock.real_now() if is_over else None)


def _money_came(payment: Payment, fact: PaymentFact, journal: Journal) -> None:
    if fact.received is None or fact.received.minor <= 0 or fact.intent_id is None:
        alarm("payment.zero", subject=f"payment:{payment.pk}", detail="the gateway says paid, and nothing came")
        return
    if not _book(journal, fact.received, fact.intent_id):
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
    journal.note("money_in", actor="gateway", minor=fact.received.minor, currency=fact.received.currency)
    telling.money_received(journal, fact.received, intent_id=fact.intent_id)
    _keep_method(journal, fact)
    _decide(journal, fact.received)


def _keep_method(journal: Journal, fact: PaymentFact) -> None:
    """What was paid with stays for next time, when the payer has agreed to that and the gateway keeps it for them."""
    order = journal.order
    if (consent := order.consents.get("keep")) and order.buyer and fact.method and fact.method.customer_id:
        saving.keep(order.buyer, fact.method, consent=consent, now=journal.now)


def _book(journal: Journal, received: Money, intent_id: str) -> bool:
    """Clearing → held, whatever our rows say; the key is the intent. False when it was booked before."""
    kinds = {AccountKind.CLEARING, AccountKind.HELD, *application.pots_of(journal.order)}
    pots = ledger.pots(*kinds, currency=received.currency, line=journal.order.line)
    journal.pots = list(pots.values())
    return ledger.post(
        Posting(
            kind=EntryKind.PAYMENT,
            source=pots[AccountKind.CLEARING],
            target=pots[AccountKind.HELD],
            amount_minor=received.minor,
            key=f"payment:{intent_id}",
            event_at=journal.now,
            actor="gateway",
            order=journal.order,
        )
    )


def _decide(journal: Journal, received: Money) -> None:
    """The table "what came, what happens" of docs/money.md."""
    order = journal.order
    if order.state == OrderState.CANCELLED:
        reviews.open_item(journal, ReviewKind.CANCELLED, currency=received.currency)
    elif order.state not in _WAITING:
        reviews.open_item(journal, ReviewKind.TWICE, currency=received.currency)
    elif received.currency != order.currency:
        reviews.open_item(journal, ReviewKind.OTHER_CURRENCY, currency=received.currency)
    else:
        _apply_if_covered(journal, received)


_WAITING = (OrderState.PENDING, OrderState.PROCESSING, OrderState.EXPIRED, OrderState.PAID, OrderState.REVIEW)


def _apply_if_covered(journal: Journal, received: Money) -> None:
    order = journal.order
    was_open = order.state == OrderState.REVIEW
    held = ledger.held_for(order.pk)[order.currency] if was_open else received.minor
    if held < order.price_minor:
        reviews.open_item(journal, ReviewKind.SHORT, currency=order.currency)
        return
    if obstacle := application.obstacle(order, now=journal.now):
        reviews.open_item(journal, obstacle, currency=order.currency)
        return
    application.apply(journal)
    if was_open:
        reviews.close_applied(order, now=journal.now)
    if held > order.price_minor:
        reviews.open_item(journal, ReviewKind.OVER, currency=order.currency)


_FOLLOWS = {
    FactState.OPEN: PaymentState.OPEN,
    FactState.PROCESSING: PaymentState.PROCESSING,
    FactState.AUTHORISED: PaymentState.PROCESSING,
    FactState.FAILED: PaymentState.FAILED,
    FactState.EXPIRED: PaymentState.EXPIRED,
    FactState.CANCELLED: PaymentState.CANCELLED,
}


def _no_money_yet(payment: Payment, fact: PaymentFact, journal: Journal) -> None:
    after = _FOLLOWS[fact.state]
    declined = bool(fact.failure_code) and fact.failure_code != payment.failure_code
    known = {"failure_code": fact.failure_code or payment.failure_code, "asked_at": clock.real_now()}
    if fact.intent_id and payment.intent_id is None:
        known["intent_id"] = fact.intent_id
    if payment.is_live and after != payment.state:
        payment.move_to(after, **known)
        _order_follows(payment, journal)
    else:
        Payment.objects.filter(pk=payment.pk).update(**known)
    if declined:
        journal.note("declined", actor="gateway", code=fact.failure_code)


def _order_follows(payment: Payment, journal: Journal) -> None:
    order = journal.order
    if payment.state == PaymentState.PROCESSING and order.state == OrderState.PENDING:
        order.move_to(OrderState.PROCESSING)
        journal.note("processing", actor="gateway")
    elif not payment.is_live and order.state == OrderState.PROCESSING:
        order.move_to(OrderState.PENDING, expires_at=clock.real_now() + orders.PAYABLE_FOR)
        journal.note("payment_failed", actor="gateway", code=payment.failure_code)
        telling.payment_failed(journal)
