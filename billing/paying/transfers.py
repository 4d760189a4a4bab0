"""Paying by bank transfer: where to, waiting for it, and using what came in for exactly the order that waits."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db.models import F, Q

from billing import fulfilment, orders, telling
from billing.gateways import gateway
from billing.gateways.protocol import GatewayProblem, OutcomeUnknown, Refused, Unavailable
from billing.gateways.transfers import TransferPlace, TransferRequest
from billing.journal import Journal
from billing.models import Method, Order, OrderState, Payment, PaymentState, PaymentWay, TransferAccount
from billing.paying import attempts, transfer_accounts
from billing.paying.attempts import Attempt, PageNotOpened
from lib import clock
from lib.alarm import alarm
from lib.failpoints import failpoint
from lib.money import Money
from lib.transactions import whole

log = structlog.get_logger(__name__)

#: How often an account somebody waits on is looked at without a notice.
ASK_EVERY = timedelta(minutes=10)

#: And how often one that nobody waits on, with money on it: it may have been used just before a worker died.
LOOK_AGAIN = timedelta(hours=1)


def start(order: Order, attempt: Attempt) -> None:
    """Have the gateway wait for a transfer, and keep where to send it. A second click finds it waiting.

    Money that lies ready is used at once. Raises PageNotOpened.
    """
    payment = attempt.payment
    if not payment.instructions:
        _open(order, attempt)
    if account := _account_of(order):
        try_follow(account.customer_id, now=clock.now())


def _open(order: Order, attempt: Attempt) -> None:
    payment = attempt.payment
    if order.buyer is None:
        raise PageNotOpened
    try:
        account = transfer_accounts.opened(order.buyer, order.currency)
        place = gateway().open_transfer(
            TransferRequest(
                payment_id=payment.pk,
                order_reference=order.reference,
                price=attempt.due,
                customer_id=account.customer_id,
                country=settings.TRANSFER_COUNTRY,
                idempotency_key=payment.idempotency_key,
            )
        )
    except OutcomeUnknown as error:
        Payment.objects.filter(pk=payment.pk).update(unknown_since=clock.real_now())
        raise PageNotOpened from error
    except Unavailable as error:
        raise PageNotOpened from error
    except Refused as error:
        alarm("transfer.refused", subject=f"payment:{payment.pk}", detail=error.code)
        attempts.give_up(payment.pk, code=error.code)
        raise PageNotOpened from error
    failpoint("transfer.after_call")
    _record(payment.pk, place, order_id=order.pk, line_id=order.line_id)


def find_lost(payment: Payment, *, since: datetime) -> bool:
    """Look whether the gateway waits for a transfer by `payment` though it never said so. Raises GatewayProblem."""
    account = _account_of(payment.order)
    if account is None or not account.customer_id:
        return False
    place = gateway().find_transfer(payment.pk, customer_id=account.customer_id, since=since)
    if place is None:
        return False
    if place.instructions:
        _record(payment.pk, place, order_id=payment.order_id, line_id=payment.order.line_id)
    else:
        Payment.objects.filter(pk=payment.pk, intent_id=None).update(intent_id=place.intent_id)
    return True


@whole
def _record(payment_id: UUID, place: TransferPlace, *, order_id: UUID, line_id: UUID) -> None:
    line, order = orders.lock(order_id, line_id=line_id)
    order.line = line
    payment = Payment.objects.select_for_update(no_key=True, of=("self",)).get(pk=payment_id)
    known = {"intent_id": place.intent_id, "instructions": place.instructions, "unknown_since": None}
    if payment.state != PaymentState.CREATED:
        Payment.objects.filter(pk=payment_id, intent_id=None).update(**known)
        return
    payment.move_to(PaymentState.OPEN, **known)
    journal = Journal(order, clock.now())
    journal.note("transfer_awaited", actor="system", payment=str(payment.pk))
    telling.transfer_awaited(journal, payment)
    journal.write()


def follow(customer_id: str, *, now: datetime) -> int:
    """Mirror what came in on an account and use it for what waits. Returns how many payments were covered. Raises GatewayProblem."""
    covered = 0
    for account in transfer_accounts.mirror(customer_id):
        while payment := _to_cover(account):
            if not _use(account, payment, now=now):
                break
            covered += 1
            account = next(row for row in transfer_accounts.mirror(customer_id) if row.pk == account.pk)  # noqa: PLW2901
        _tell_what_is_left(account, now=now)
    return covered


def try_follow(customer_id: str, *, now: datetime) -> bool:
    """`follow`, leaving a gateway that does not answer to the sweep. False when it did not."""
    try:
        follow(customer_id, now=now)
    except GatewayProblem as error:
        log.warning("transfer.no_answer", customer=customer_id, error=type(error).__name__)
        return False
    return True


def look(order: Order, *, now: datetime) -> None:
    """For somebody looking at an order that waits for a transfer: mirror and use what came, at most every 5 s."""
    is_waiting = order.method == Method.TRANSFER and order.state in {OrderState.PENDING, OrderState.REVIEW}
    account = _account_of(order) if is_waiting else None
    if account is None or not account.customer_id:
        return
    quiet = clock.real_now() - fulfilment.ASK_EVERY
    if account.asked_at is None or account.asked_at < quiet:
        try_follow(account.customer_id, now=now)


def _account_of(order: Order) -> TransferAccount | None:
    if order.buyer is None:
        return None
    return TransferAccount.objects.filter(subscriber=order.buyer, currency=order.currency).first()


def waiting_on(account: TransferAccount) -> list[Payment]:
    """Payments that wait for money on this account, oldest first."""
    waiting = Payment.objects.filter(
        way=PaymentWay.TRANSFER,
        state__in=(PaymentState.OPEN, PaymentState.PROCESSING),
        order__buyer_id=account.subscriber_id,
        currency=account.currency,
    ).exclude(intent_id=None)
    return list(waiting.select_related("order").order_by("created_at"))


def _to_cover(account: TransferAccount) -> Payment | None:
    """What the money is for: the one that lacks exactly this sum, or the last that came; else the oldest it covers."""
    waiting = [payment for payment in waiting_on(account) if payment.amount_minor <= account.available_minor]
    last = account.movements.filter(kind="funded").order_by("-happened_at", "-pk").first()
    sums = {account.available_minor, last.amount_minor if last else 0}
    exact = [payment for payment in waiting if payment.amount_minor in sums]
    return next(iter(exact or waiting), None)


def _use(account: TransferAccount, payment: Payment, *, now: datetime) -> bool:
    """Use the account's money for `payment` and settle it. False when the gateway says there is not enough (any more)."""
    newest = account.movements.order_by("-happened_at", "-pk").values_list("gateway_id", flat=True).first()
    try:
        fact = gateway().use_for(
            str(payment.intent_id),
            Money(payment.amount_minor, payment.currency),
            idempotency_key=f"use:{payment.pk}:{newest}",
        )
    except Refused as error:
        log.warning("transfer.not_used", payment_id=str(payment.pk), code=error.code)
        fulfilment.fulfil(payment.pk, now=now)
        return False
    failpoint("transfer.used")
    fulfilment.settle(payment, fact, now=now)
    return True


def _tell_what_is_left(account: TransferAccount, *, now: datetime) -> None:
    """Somebody who sent too little hears what is missing, somebody who sent too much what is theirs; once an arrival."""
    last = account.movements.filter(kind="funded").order_by("-happened_at", "-pk").first()
    if last is None or not account.available_minor:
        return
    waiting = waiting_on(account)
    order = waiting[0].order if waiting else _latest_order(account)
    if order is None:
        return
    left = Money(account.available_minor, account.currency)
    missing = Money(waiting[0].amount_minor - left.minor, account.currency) if waiting else None
    _tell(order.pk, line_id=order.line_id, left=left, missing=missing, event=last.gateway_id, now=now)


def _latest_order(account: TransferAccount) -> Order | None:
    by_transfer = Order.objects.filter(buyer_id=account.subscriber_id, payments__way=PaymentWay.TRANSFER)
    return by_transfer.order_by("-placed_at").first()


@whole
def _tell(order_id: UUID, *, line_id: UUID, left: Money, missing: Money | None, event: str, now: datetime) -> None:
    line, order = orders.lock(order_id, line_id=line_id)
    order.line = line
    kind = "transfer_short" if missing else "transfer_left"
    if order.events.filter(kind=kind, detail__movement=event).exists():
        return
    journal = Journal(order, now)
    journal.note(kind, actor="gateway", movement=event, minor=left.minor, currency=left.currency)
    telling.transfer_came(journal, left=left, missing=missing, event=event)
    journal.write()


def due() -> list[str]:
    """Customers whose waiting transfers nobody has asked about for ten minutes, or whose unused money for an hour, longest first."""
    real = clock.real_now()
    waiting = Payment.objects.filter(way=PaymentWay.TRANSFER, state=PaymentState.OPEN).values("order__buyer_id")
    waited_on = Q(subscriber__in=waiting) & _unasked(real - ASK_EVERY)
    unused = Q(available_minor__gt=0) & _unasked(real - LOOK_AGAIN)
    due = TransferAccount.objects.filter(waited_on | unused).exclude(customer_id="")
    due = due.order_by(F("asked_at").asc(nulls_first=True))
    return list(dict.fromkeys(due.values_list("customer_id", flat=True)[:200]))


def _unasked(since: datetime) -> Q:
    return Q(asked_at=None) | Q(asked_at__lte=since)
