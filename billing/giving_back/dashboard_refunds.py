"""Refunds that somebody made in the gateway's own dashboard: taken into our books as they are, and shown to staff."""

from datetime import datetime

from billing import ledger, orders, reviews
from billing.gateways import gateway
from billing.gateways.facts import RefundFact, RefundFactState
from billing.giving_back import refund_requests, refunds
from billing.giving_back.quotes import given_back_minor
from billing.journal import Journal
from billing.ledger import Posting
from billing.models import (
    AccountKind,
    EntryKind,
    OrderState,
    Payment,
    Refund,
    RefundCause,
    RefundRequest,
    ReviewKind,
)
from lib.alarm import alarm
from lib.money import Money
from lib.transactions import whole

_WITHOUT_EFFECT = (RefundFactState.FAILED, RefundFactState.CANCELLED)


def adopt(gateway_id: str, *, now: datetime) -> Refund | None:
    """Ask what refund that is and take it in; None when it is of no payment of ours. Raises GatewayProblem."""
    return take_in(gateway().refund_fact(gateway_id), now=now)


def adopt_all(payment: Payment, *, now: datetime) -> int:
    """Take in every refund of `payment` that we did not ask for. Returns how many are new. Raises GatewayProblem."""
    if payment.intent_id is None:
        return 0
    known = set(Refund.objects.filter(payment=payment).values_list("gateway_id", flat=True))
    facts = [fact for fact in gateway().refunds_of(payment.intent_id) if fact.gateway_id not in known]
    return sum(take_in(fact, now=now) is not None for fact in facts)


def take_in(fact: RefundFact, *, now: datetime) -> Refund | None:
    """Bring our row for it up to `fact`, made when we have none yet; None when it is none of ours."""
    if fact.refund_id and Refund.objects.filter(pk=fact.refund_id).exists():
        return refunds.settle(fact.refund_id, fact, now=now)
    payment = Payment.objects.select_related("order").filter(intent_id=fact.intent_id).first()
    if fact.intent_id is None or payment is None or fact.amount is None:
        return None
    refund = _kept(payment, fact, fact.amount, now=now)
    return refunds.settle(refund.pk, fact, now=now) if refund else None


@whole
def _kept(payment: Payment, fact: RefundFact, amount: Money, *, now: datetime) -> Refund | None:
    """Our row for it, with its sum booked into `refunds_due` when it is new. Nothing for a new one without effect."""
    line, order = orders.lock(payment.order_id, line_id=payment.order.line_id)
    order.line = line
    if known := Refund.objects.filter(gateway_id=fact.gateway_id).first():
        return known
    if fact.state in _WITHOUT_EFFECT:
        return None
    journal = Journal(order, now)
    left_minor = amount.minor - _from_held(fact, amount, journal)
    request = _from_sale(fact, Money(left_minor, amount.currency), journal) if left_minor else None
    left_minor -= request.amount_minor if request else 0
    if left_minor:
        _move(fact, Money(left_minor, amount.currency), journal, AccountKind.WRITTEN_OFF)
    refund = Refund.objects.create(
        payment=payment,
        request=request,
        amount_minor=amount.minor,
        currency=amount.currency,
        idempotency_key=f"dashboard:{fact.gateway_id}",
        gateway_id=fact.gateway_id,
    )
    journal.note("refund_by_gateway", actor="gateway", minor=amount.minor, currency=amount.currency)
    reviews.look_into(
        ReviewKind.REFUND_BY_GATEWAY,
        subject=f"refund:{fact.gateway_id}",
        now=now,
        order=order,
        currency=amount.currency,
        detail=f"{amount}",
    )
    alarm("refund.by_gateway", subject=f"refund:{fact.gateway_id}", detail=order.reference)
    journal.write()
    return refund


def _from_held(fact: RefundFact, amount: Money, journal: Journal) -> int:
    held_minor = ledger.held_for(journal.order.pk).get(amount.currency, 0)
    part = min(held_minor, amount.minor)
    if part:
        _move(fact, Money(part, amount.currency), journal, AccountKind.HELD)
        if part == held_minor:
            reviews.close_lost(journal.order, currency=amount.currency, now=journal.now)
    return part


def _from_sale(fact: RefundFact, left: Money, journal: Journal) -> RefundRequest | None:
    """The sale is taken back by that much; what was bought stays until staff decide."""
    order = journal.order
    part = min(order.price_minor - given_back_minor(order), left.minor)
    if order.state not in {OrderState.APPLIED, OrderState.REVERSED} or left.currency != order.currency or part <= 0:
        return None
    request = RefundRequest.objects.create(
        order=order,
        key=f"dashboard:{fact.gateway_id}",
        cause=RefundCause.DASHBOARD,
        amount_minor=part,
        currency=order.currency,
        takes_back=False,
        formula={"rule": "dashboard", "to": "payer"},
        needs_second=False,
        asked_by="gateway",
        asked_at=journal.now,
    )
    refund_requests.grant_in_books(request, journal, target=AccountKind.REFUNDS_DUE, actor="gateway")
    return request


def _move(fact: RefundFact, amount: Money, journal: Journal, source: AccountKind) -> None:
    pots = ledger.pots(source, AccountKind.REFUNDS_DUE, currency=amount.currency)
    ledger.post(
        Posting(
            kind=EntryKind.GIVEN_BACK,
            source=pots[source],
            target=pots[AccountKind.REFUNDS_DUE],
            amount_minor=amount.minor,
            key=f"refund:{fact.gateway_id}:{source}",
            event_at=journal.now,
            actor="gateway",
            order=journal.order,
        )
    )
