"""Held money on its way back to its payer: requested in a transaction, told to the gateway after it, settled by its answer."""

from datetime import datetime
from uuid import UUID

import structlog
from django.db.models import F, Q, Sum

from billing import ledger, orders, reviews, telling
from billing.gateways import gateway
from billing.gateways.facts import RefundFact, RefundFactState
from billing.gateways.protocol import GatewayProblem, Refused
from billing.journal import Journal
from billing.ledger import Posting
from billing.models import (
    OPEN_DISPUTE_STATES,
    AccountKind,
    EntryKind,
    Order,
    Payment,
    PaymentState,
    PaymentWay,
    Refund,
    RefundRequest,
    RefundState,
    ReviewItem,
    ReviewKind,
    TransferAccount,
)
from lib import clock, queue
from lib.alarm import alarm
from lib.failpoints import failpoint
from lib.money import Money
from lib.transactions import whole

log = structlog.get_logger(__name__)

_GONE = (RefundState.FAILED, RefundState.CANCELLED)


def request(item: ReviewItem, *, amount_minor: int) -> list[Refund]:
    """Refund rows for `amount_minor` of held money. The caller holds the order locked and has moved it to `refunds_due`."""
    return _request(item.held_order, item.currency, amount_minor, item=item)


def request_for(request: RefundRequest) -> list[Refund]:
    """Refund rows for a granted request, whose sum stands in `refunds_due`. The caller holds the order locked."""
    return _request(request.order, request.currency, request.amount_minor, request=request)


def _request(
    order: Order,
    currency: str,
    amount_minor: int,
    *,
    item: ReviewItem | None = None,
    request: RefundRequest | None = None,
) -> list[Refund]:
    """One row a payment, newest first, none above what it brought and has not gone back."""
    cause = item or request
    rows: list[Refund] = []
    for payment, left_minor in _paid_in(order, currency):
        part = min(amount_minor, left_minor)
        if cause and part > 0:
            rows.append(
                Refund.objects.create(
                    payment=payment,
                    item=item,
                    request=request,
                    amount_minor=part,
                    currency=currency,
                    idempotency_key=f"refund:{cause.pk}:{payment.pk}",
                )
            )
            amount_minor -= part
    if amount_minor:
        alarm("refund.without_payment", subject=order.subject, detail=f"{amount_minor} {currency}")
    for row in rows:
        queue.after_commit("billing.follow_refund", refund_id=str(row.pk))
    return rows


def _paid_in(order: Order, currency: str) -> list[tuple[Payment, int]]:
    """The order's payments in `currency`, newest first, each with what of it has not gone back (minor units)."""
    returned = Sum("refunds__amount_minor", filter=~Q(refunds__state__in=_GONE), default=0)
    paid = order.payments.filter(state=PaymentState.SUCCEEDED, received_currency=currency)
    return [
        (payment, (payment.received_minor or 0) - payment.returned_minor)
        for payment in paid.annotate(returned_minor=returned).order_by("-created_at")
    ]


def submit(refund_id: UUID, *, now: datetime) -> None:
    """Tell the gateway, with the key that was committed. Keys are forgotten after a day, so a second call looks it up first.

    Raises billing.gateways.protocol.GatewayProblem when there is no answer.
    """
    refund = Refund.objects.select_related("payment__order").get(pk=refund_id)
    intent_id = refund.payment.intent_id
    if refund.state not in {RefundState.REQUESTED, RefundState.SUBMITTED} or intent_id is None:
        return
    if refund.state == RefundState.REQUESTED and refund.payment.disputes.filter(state__in=OPEN_DISPUTE_STATES).exists():
        return  # the bank may give it back, too: it waits until the case is decided
    Refund.objects.filter(pk=refund_id).update(attempts=F("attempts") + 1, asked_at=clock.real_now())
    if refund.state == RefundState.REQUESTED:
        _submitted(refund_id)
    failpoint("refund.before_call")
    fact = gateway().find_refund(intent_id=intent_id, refund_id=refund.pk) if refund.attempts else None
    fact = fact or _ask_for(refund, intent_id)
    failpoint("refund.after_call")
    settle(refund_id, fact, now=now)


def _ask_for(refund: Refund, intent_id: str) -> RefundFact:
    try:
        return gateway().give_back(
            intent_id=intent_id,
            amount=Money(refund.amount_minor, refund.currency),
            refund_id=refund.pk,
            idempotency_key=refund.idempotency_key,
            email=refund.payment.order.payer_email if refund.payment.way == PaymentWay.TRANSFER else "",
        )
    except Refused as error:
        return RefundFact(gateway_id="", state=RefundFactState.FAILED, failure_code=error.code)


@whole
def _submitted(refund_id: UUID) -> None:
    refund = Refund.objects.select_for_update(no_key=True, of=("self",)).get(pk=refund_id)
    if refund.state == RefundState.REQUESTED:
        refund.move_to(RefundState.SUBMITTED)


def follow(refund_id: UUID, *, now: datetime) -> None:
    """Ask what became of a refund. Raises GatewayProblem."""
    refund = Refund.objects.get(pk=refund_id)
    if refund.gateway_id:
        settle(refund_id, gateway().refund_fact(refund.gateway_id), now=now)
    else:
        submit(refund_id, now=now)


@whole
def settle(refund_id: UUID, fact: RefundFact, *, now: datetime) -> Refund:
    """Book what became of it; a refund that fails weeks later puts the money back into `held`, with an alarm."""
    ids = Refund.objects.values_list("payment__order_id", "payment__order__line_id").get(pk=refund_id)
    line, order = orders.lock(ids[0], line_id=ids[1])
    order.line = line
    refund = (
        Refund.objects.select_for_update(no_key=True, of=("self",)).select_related("item", "payment").get(pk=refund_id)
    )
    after, before = RefundState(fact.state), refund.state
    if after == before or before in _GONE or (before == RefundState.SUCCEEDED and after not in _GONE):
        return refund
    if before == RefundState.REQUESTED:
        refund.move_to(RefundState.SUBMITTED)
    refund.move_to(
        after,
        gateway_id=fact.gateway_id or refund.gateway_id,
        failure_code=fact.failure_code[:60],
        asked_at=clock.real_now(),
    )
    journal = Journal(order, now)
    if after == RefundState.SUCCEEDED:
        _paid(refund, journal)
    elif after in _GONE:
        _came_back(refund, journal, was_paid=before == RefundState.SUCCEEDED)
    elif after == RefundState.NEEDS_PAYER:
        journal.note("refund_needs_payer", actor="gateway")
        telling.refund_needs_payer(journal, refund)
    _note_waiting(refund, journal)
    journal.write()
    return refund


def _note_waiting(refund: Refund, journal: Journal) -> None:
    """Staff see a refund that waits for its payer's bank data, as long as it does."""
    subject = f"refund:{refund.pk}"
    if refund.state == RefundState.NEEDS_PAYER:
        reviews.look_into(
            ReviewKind.REFUND_NEEDS_PAYER,
            subject=subject,
            now=journal.now,
            order=journal.order,
            currency=refund.currency,
            detail=refund.gateway_id or "",
        )
    else:
        reviews.settle_by_itself(subject=subject, now=journal.now)


def _paid(refund: Refund, journal: Journal) -> None:
    _move(refund, journal, EntryKind.REFUND_PAID, AccountKind.REFUNDS_DUE, AccountKind.CLEARING)
    journal.note("money_returned", actor="gateway", minor=refund.amount_minor, currency=refund.currency)
    telling.money_returned(journal, refund)


def _came_back(refund: Refund, journal: Journal, *, was_paid: bool) -> None:
    if refund.payment.way == PaymentWay.TRANSFER:
        _back_on_account(refund, journal, was_paid=was_paid)
        return
    source = AccountKind.CLEARING if was_paid else AccountKind.REFUNDS_DUE
    _move(refund, journal, EntryKind.REFUND_FAILED, source, AccountKind.HELD)
    journal.note("refund_failed", actor="gateway", code=refund.failure_code)
    reviews.open_item(journal, ReviewKind.REFUND_FAILED, currency=refund.currency)
    alarm("refund.failed", subject=f"refund:{refund.pk}", detail=refund.failure_code)


def _back_on_account(refund: Refund, journal: Journal, *, was_paid: bool) -> None:
    """A transfer that cannot be sent back lies in the payer's cash balance at the gateway: out of our books, still theirs."""
    if not was_paid:
        _move(refund, journal, EntryKind.REFUND_PAID, AccountKind.REFUNDS_DUE, AccountKind.CLEARING)
    journal.note("refund_failed", actor="gateway", code=refund.failure_code)
    account = TransferAccount.objects.filter(subscriber=journal.order.buyer_id, currency=refund.currency).first()
    if account:
        queue.after_commit("billing.follow_transfers", customer_id=account.customer_id)
    alarm("refund.on_account", subject=f"refund:{refund.pk}", detail=refund.failure_code)


def _move(refund: Refund, journal: Journal, kind: EntryKind, source: AccountKind, target: AccountKind) -> None:
    pots = ledger.pots(source, target, currency=refund.currency)
    ledger.post(
        Posting(
            kind=kind,
            source=pots[source],
            target=pots[target],
            amount_minor=refund.amount_minor,
            key=f"refund:{refund.pk}:{kind}",
            event_at=journal.now,
            actor="gateway",
            order=journal.order,
        )
    )


def try_follow(refund_id: UUID, *, now: datetime) -> bool:
    """`follow`, leaving a gateway that does not answer to the sweep. False when it did not."""
    try:
        follow(refund_id, now=now)
    except GatewayProblem as error:
        log.warning("refund.no_answer", refund_id=str(refund_id), error=type(error).__name__)
        return False
    return True
