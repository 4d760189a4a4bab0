"""What each seller has collected and not handed over yet, and the handing over as the operator's bank statement says it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from billing import ledger
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, LedgerEntry
from lib import audit
from lib.money import Money
from lib.transactions import whole


class MoreThanOwed(Exception):
    """The seller owes less than that; look for a mistyped sum, source or currency."""

    def __init__(self, owed: Money) -> None:
        super().__init__(str(owed))
        self.owed = owed


class NotSettled(Exception):
    """There is nothing of that reference to undo."""


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """Money of `source` that reached the bank. `reference`: what the statement calls it, at most 60 signs, once a source.

    `by`: who books it, as an actor.
    """

    source: str
    reference: str
    amount: Money
    by: str

    @property
    def key(self) -> str:
        return _key(self.source, self.reference)


def _key(source: str, reference: str) -> str:
    return f"outside:{source}:settled:{reference}"


#: Whose till an entry of the account `outside` is about: its own key names the source, or the key of what its order brought.
SOURCE_OF = """split_part(coalesce((SELECT c.key FROM billing_ledgerentry c
        WHERE c.order_id = e.order_id AND c.kind = 'collected'), e.key), ':', 2)"""

_OWED = f"""
    SELECT coalesce(sum(CASE WHEN s.kind = 'outside' THEN e.amount_minor ELSE -e.amount_minor END), 0)::bigint
    FROM billing_ledgerentry e
    JOIN billing_ledgeraccount s ON s.id = e.source_id JOIN billing_ledgeraccount t ON t.id = e.target_id
    WHERE 'outside' IN (s.kind, t.kind) AND e.currency = %s AND {SOURCE_OF} = %s"""  # noqa: S608  our own words


def owed_by(source: str, *, currency: str) -> Money:
    """What the seller has collected and neither taken back nor handed over."""
    with connection.cursor() as cursor:
        cursor.execute(_OWED, [currency, source])
        return Money(cursor.fetchone()[0], currency)


@whole
def settle(settlement: Settlement, *, now: datetime) -> bool:
    """Book that the money has come. False when it was booked before. Raises MoreThanOwed, ledger.KeyReused."""
    amount, source = settlement.amount, settlement.source
    if not LedgerEntry.objects.filter(key=settlement.key).exists():
        owed = owed_by(source, currency=amount.currency)
        if owed.minor < amount.minor:
            raise MoreThanOwed(owed)
    is_new = _move(EntryKind.SETTLED, amount, key=settlement.key, by=settlement.by, now=now)
    if is_new:
        _record("outside.settled", source, settlement.reference, amount, by=settlement.by)
    return is_new


@whole
def undo(*, source: str, reference: str, by: str, now: datetime) -> Money:
    """The money had not come, or from somebody else: it is owed again. A second time changes nothing. Raises NotSettled."""
    key = _key(source, reference)
    entry = LedgerEntry.objects.filter(key=key).first()
    if entry is None:
        raise NotSettled
    amount = Money(entry.amount_minor, entry.currency)
    if _move(EntryKind.SETTLEMENT_UNDONE, amount, key=f"{key}:undone", by=by, now=now):
        _record("outside.settlement_undone", source, reference, amount, by=by)
    return amount


def _move(kind: EntryKind, amount: Money, *, key: str, by: str, now: datetime) -> bool:
    pots = ledger.pots(AccountKind.BANK, AccountKind.OUTSIDE, currency=amount.currency)
    ways = [pots[AccountKind.BANK], pots[AccountKind.OUTSIDE]]
    source, target = ways if kind == EntryKind.SETTLED else reversed(ways)
    return ledger.post(
        Posting(kind=kind, source=source, target=target, amount_minor=amount.minor, key=key, event_at=now, actor=by)
    )


def _record(deed: str, source: str, reference: str, amount: Money, *, by: str) -> None:
    audit.record(
        deed, actor=by, subject=f"outside:{source}", reason=reference, minor=amount.minor, currency=amount.currency
    )
