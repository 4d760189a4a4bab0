"""Disputes: a payer's bank takes money back at once and decides later. Booked as it happens; what was bought is frozen meanwhile."""

from datetime import datetime, timedelta

import structlog

from billing import ledger, orders, reviews
from billing.gateways import gateway
from billing.gateways.disputes import DisputeFact, DisputeFactState
from billing.gateways.protocol import GatewayProblem
from billing.giving_back import clawback, refund_requests
from billing.giving_back.quotes import given_back_minor
from billing.journal import Journal
from billing.ledger import Posting
from billing.models import (
    DISPUTE_MOVES,
    AccountKind,
    Dispute,
    DisputeState,
    EntryKind,
    OrderState,
    Payment,
    RefundCause,
    RefundRequest,
    ReviewKind,
)
from billing.models.ledger import LINE_KINDS
from lib import clock, queue
from lib.alarm import alarm
from lib.failpoints import failpoint
from lib.transactions import whole
from plans import taking_back

#: A case takes weeks; its news come by notice, and this is for those that were lost.
ASK_EVERY = timedelta(hours=6)
BATCH = 200

log = structlog.get_logger(__name__)


def follow(gateway_id: str, *, now: datetime) -> Dispute | None:
    """Bring a dispute up to what the gateway says now; None when it is about no payment of ours (an alarm says so).

    Raises billing.gateways.protocol.GatewayProblem when there is no answer.
    """
    fact = gateway().dispute_fact(gateway_id)
    payment = Payment.objects.select_related("order").filter(intent_id=fact.intent_id).first()
    if fact.intent_id is None or payment is None:
        alarm("dispute.not_ours", subject=f"dispute:{gateway_id}", detail="about a payment that is none of ours")
        return None
    return settle(payment, fact, now=now)


def try_follow(gateway_id: str, *, now: datetime) -> bool:
    """`follow`, leaving a gateway that does not answer to the sweep. False when it did not."""
    try:
        follow(gateway_id, now=now)
    except GatewayProblem as error:
        log.warning("dispute.no_answer", dispute=gateway_id, error=type(error).__name__)
        return False
    return True


@whole
def settle(payment: Payment, fact: DisputeFact, *, now: datetime) -> Dispute:
    """Book what `fact` says, once, in whatever order the facts come. Locks: line, order, payment, credit."""
    line, order = orders.lock(payment.order_id, line_id=payment.order.line_id)
    order.line = line
    payment = Payment.objects.select_for_update(no_key=True, of=("self",)).get(pk=payment.pk)
    dispute, is_new = Dispute.objects.select_for_update(no_key=True, of=("self",)).get_or_create(
        gateway_id=fact.gateway_id,
        defaults={
            "payment": payment,
            "state": DisputeState.INQUIRY,
            "amount_minor": fact.amount.minor,
            "currency": fact.amount.currency,
            "reason": fact.reason,
            "opened_at": fact.opened_at,
        },
    )
    journal = Journal(order, now)
    if is_new:
        journal.note("dispute_opened", actor="gateway", minor=dispute.amount_minor, reason=dispute.reason)
        alarm("dispute.opened", subject=f"dispute:{dispute.gateway_id}", detail=fact.reason)
    if dispute.is_open:
        _take_in(dispute, fact, journal)
    journal.write()
    return dispute


def _take_in(dispute: Dispute, fact: DisputeFact, journal: Journal) -> None:
    dispute.evidence_until, dispute.asked_at = fact.evidence_until, clock.real_now()
    dispute.save(update_fields=["evidence_until", "asked_at"])
    if fact.is_withdrawn and dispute.withdrawn_at is None:
        _withdrawn(dispute, journal)
    after = DisputeState(fact.state)
    is_ended = fact.state in {DisputeFactState.WON, DisputeFactState.LOST}
    if is_ended:
        (_won if after == DisputeState.WON else _lost)(dispute, journal)
        dispute.move_to(after, ended_at=journal.now)
        reviews.settle_by_itself(subject=_subject(dispute), now=journal.now)
        return
    if after in DISPUTE_MOVES[DisputeState(dispute.state)]:
        dispute.move_to(after)
    reviews.look_into(
        ReviewKind.DISPUTE,
        subject=_subject(dispute),
        now=journal.now,
        order=journal.order,
        currency=dispute.currency,
        detail=f"{dispute.reason}: {dispute.get_state_display()}",
    )


def _subject(dispute: Dispute) -> str:
    return f"dispute:{dispute.gateway_id}"


def _withdrawn(dispute: Dispute, journal: Journal) -> None:
    _move(dispute, journal, EntryKind.DISPUTE_OPENED, AccountKind.DISPUTED, AccountKind.CLEARING, "opened")
    failpoint("dispute.booked")
    taking_back.freeze(line=journal.order.line, origin=journal.order.subject, now=journal.now)
    dispute.withdrawn_at = journal.now
    dispute.save(update_fields=["withdrawn_at"])
    journal.note("dispute_withdrawn", actor="gateway", minor=dispute.amount_minor)


def _won(dispute: Dispute, journal: Journal) -> None:
    if dispute.withdrawn_at:
        _move(dispute, journal, EntryKind.DISPUTE_WON, AccountKind.CLEARING, AccountKind.DISPUTED, "won")
        others = Dispute.objects.filter(payment__order=journal.order).exclude(pk=dispute.pk)
        if not any(other.is_open and other.withdrawn_at for other in others):
            taking_back.unfreeze(line=journal.order.line, origin=journal.order.subject, now=journal.now)
    journal.note("dispute_won", actor="gateway")


def _lost(dispute: Dispute, journal: Journal) -> None:
    """The money is gone: what was held for the order goes first, then what was earned by it, the rest is a loss."""
    alarm("dispute.lost", subject=_subject(dispute), detail=f"{dispute.amount_minor} {dispute.currency}")
    if dispute.withdrawn_at is None:  # we never heard that it was taken; it was
        _withdrawn(dispute, journal)
    left_minor = dispute.amount_minor
    left_minor -= _from_held(dispute, journal, left_minor)
    left_minor -= _from_kept(dispute, journal, left_minor)
    left_minor -= _from_sale(dispute, journal, left_minor)
    if left_minor:
        _move(
            dispute, journal, EntryKind.DISPUTE_LOST, AccountKind.WRITTEN_OFF, AccountKind.DISPUTED, "lost", left_minor
        )
        alarm(
            "dispute.paid_twice", subject=_subject(dispute), detail=f"{left_minor} {dispute.currency} given back before"
        )
    journal.note("dispute_lost", actor="gateway", minor=dispute.amount_minor)


def _from_held(dispute: Dispute, journal: Journal, most_minor: int) -> int:
    held_minor = ledger.held_for(journal.order.pk).get(dispute.currency, 0)
    part = min(held_minor, most_minor)
    if part:
        _move(dispute, journal, EntryKind.DISPUTE_LOST, AccountKind.HELD, AccountKind.DISPUTED, "held", part)
        if part == held_minor:
            reviews.close_lost(journal.order, currency=dispute.currency, now=journal.now)
    return part


def _from_kept(dispute: Dispute, journal: Journal, most_minor: int) -> int:
    """What was paid beyond the price and became credit is taken from the credit, or owed."""
    order = journal.order
    kept = order.entries.filter(kind=EntryKind.KEPT_AS_CREDIT, currency=dispute.currency)
    taken = order.entries.filter(kind=EntryKind.DISPUTE_LOST, source__kind__in=LINE_KINDS)
    kept_minor = sum(entry.amount_minor for entry in kept) - sum(entry.amount_minor for entry in taken)
    part = min(kept_minor, most_minor)
    if part > 0:
        clawback.take(
            order,
            amount_minor=part,
            kind=EntryKind.DISPUTE_LOST,
            target=ledger.pots(AccountKind.DISPUTED, currency=dispute.currency)[AccountKind.DISPUTED],
            key=f"{_subject(dispute)}:kept",
            actor="gateway",
            now=journal.now,
        )
    return max(part, 0)


def _from_sale(dispute: Dispute, journal: Journal, most_minor: int) -> int:
    """What of the sale was not given back yet is taken back, and with it what is left of the plan."""
    order = journal.order
    part = min(order.price_minor - given_back_minor(order), most_minor)
    if order.state != OrderState.APPLIED or dispute.currency != order.currency or part <= 0:
        return 0
    request = RefundRequest.objects.create(
        order=order,
        key=_subject(dispute),
        cause=RefundCause.DISPUTE,
        amount_minor=part,
        currency=order.currency,
        formula={"rule": "dispute", "to": "bank"},
        reason=dispute.reason,
        needs_second=False,
        asked_by="gateway",
        asked_at=journal.now,
    )
    refund_requests.grant_in_books(request, journal, target=AccountKind.DISPUTED, actor="gateway")
    return part


def _move(
    dispute: Dispute,
    journal: Journal,
    kind: EntryKind,
    source: AccountKind,
    target: AccountKind,
    name: str,
    amount_minor: int | None = None,
) -> None:
    pots = ledger.pots(source, target, currency=dispute.currency)
    ledger.post(
        Posting(
            kind=kind,
            source=pots[source],
            target=pots[target],
            amount_minor=dispute.amount_minor if amount_minor is None else amount_minor,
            key=f"{_subject(dispute)}:{name}",
            event_at=journal.now,
            actor="gateway",
            order=journal.order,
        )
    )


def sweep() -> int:
    """Wake a worker for each open dispute nobody has asked about for a while: its news may be lost. Returns how many."""
    quiet = clock.real_now() - ASK_EVERY
    waiting = Dispute.objects.filter(ended_at=None, asked_at__lt=quiet).order_by("asked_at")
    ids = list(waiting.values_list("gateway_id", flat=True)[:BATCH])
    for gateway_id in ids:
        queue.wake("billing.follow_dispute", gateway_id=gateway_id)
    return len(ids)
