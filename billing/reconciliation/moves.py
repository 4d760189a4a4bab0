"""The gateway's movements of our balance, read and kept; its fees and payouts, which only it knows of, are booked from them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from billing import ledger
from billing.gateways import gateway
from billing.gateways.books import MoveFact, MoveFactKind
from billing.ledger import KeyReused, Posting
from billing.models import AccountKind, EntryKind, GatewayMove, Payment
from billing.reconciliation.cursors import Reading
from lib.transactions import whole

READING = Reading("balance", step=timedelta(hours=6), overlap=timedelta(hours=1))


def read(*, until: datetime) -> int:
    """Keep and book what moved before `until` (real time) since the last reading. Returns how many movements are new. Idempotent.

    Raises billing.gateways.protocol.GatewayProblem when there is no answer; what was kept until then stays.
    """
    new = 0
    for window in READING.windows(until=until, first=_first(until)):
        for page in gateway().balance_moves(since=window[0], until=window[1]):
            new += _keep(page)
    return new


def _first(until: datetime) -> datetime:
    """Where the first reading begins: a day before our first payment; what the account did before we came is none of ours."""
    oldest = Payment.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return (oldest or until) - timedelta(days=1)


@whole
def _keep(page: Sequence[MoveFact]) -> int:
    known = set(
        GatewayMove.objects.filter(gateway_id__in=[fact.gateway_id for fact in page]).values_list(
            "gateway_id", flat=True
        )
    )
    new = [fact for fact in page if fact.gateway_id not in known]
    GatewayMove.objects.bulk_create([_row(fact) for fact in reversed(new)], ignore_conflicts=True)
    for fact in reversed(new):
        _book(fact)
    return len(new)


def _row(fact: MoveFact) -> GatewayMove:
    return GatewayMove(
        gateway_id=fact.gateway_id,
        kind=fact.kind.value,
        their_kind=fact.their_kind[:60],
        object_id=fact.object_id,
        intent_id=fact.intent_id,
        payment_id=fact.payment_id,
        refund_id=fact.refund_id,
        amount_minor=fact.amount.minor,
        fee_minor=fact.fee.minor,
        currency=fact.amount.currency,
        happened_at=fact.happened_at,
    )


def _book(fact: MoveFact) -> None:
    """Fees and payouts. What is known by its key with another sum is left for the comparison to tell."""
    fee = fact.fee.minor - (fact.amount.minor if fact.kind == MoveFactKind.FEE else 0)
    if fee:
        _post(fact, EntryKind.FEE, AccountKind.FEES, -fee, key=f"fee:{fact.gateway_id}")
    if fact.object_id and fact.amount.minor:
        if fact.kind == MoveFactKind.PAYOUT:
            _post(fact, EntryKind.GATEWAY_PAYOUT, AccountKind.BANK, fact.amount.minor, key=f"payout:{fact.object_id}")
        elif fact.kind == MoveFactKind.PAYOUT_FAILED:
            key = f"payout:{fact.object_id}:failed"
            _post(fact, EntryKind.GATEWAY_PAYOUT, AccountKind.BANK, fact.amount.minor, key=key)


def _post(fact: MoveFact, kind: EntryKind, other: AccountKind, minor: int, *, key: str) -> None:
    """Book that the gateway's balance moved by `minor`: out of clearing when it grew, into it when it fell (docs/money.md)."""
    pots = ledger.pots(AccountKind.CLEARING, other, currency=fact.amount.currency)
    source, target = (AccountKind.CLEARING, other) if minor > 0 else (other, AccountKind.CLEARING)
    with suppress(KeyReused):
        ledger.post(
            Posting(
                kind=kind,
                source=pots[source],
                target=pots[target],
                amount_minor=abs(minor),
                key=key,
                event_at=fact.happened_at,
                actor="gateway",
                reason=fact.their_kind,
            )
        )
