"""The one door through which money moves.

An entry is identified by its key: the same key with the same payload is the same entry, with another payload an error.
Shape: two accounts, one amount, one currency an entry, after TM Forum TMF654 (prepay balance) and plain double entry.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q, Sum

from accounts.models import Line
from billing.models import AccountKind, EntryKind, LedgerAccount, LedgerEntry, Order
from billing.models.ledger import CREDIT_KINDS, LINE_KINDS
from lib.compiled import Compiled, Given
from lib.money import Money


class KeyReused(RuntimeError):
    """The key stands for another entry already; somebody's code is wrong, no money moved."""


class NotEnoughCredit(Exception):
    """The line's credit does not cover the sum."""

    def __init__(self, *, missing_minor: int) -> None:
        super().__init__(f"{missing_minor} missing")
        self.missing_minor = missing_minor


@dataclass(frozen=True, kw_only=True)
class Posting:
    """One entry to be: `amount_minor` > 0 in the currency of both accounts, from `source` to `target`."""

    kind: EntryKind
    source: LedgerAccount
    target: LedgerAccount
    amount_minor: int
    key: str
    event_at: datetime
    actor: str
    order: Order | None = None
    reason: str = ""


def post(posting: Posting) -> bool:
    """Book one entry. True when it is new, False when the key was booked before with the same payload.

    Raises KeyReused (same key, other payload), NotEnoughCredit (a line's credit would fall below zero).
    """
    return bool(post_all([posting]))


def post_all(postings: Sequence[Posting]) -> set[str]:
    """Book several entries in one statement; returns the keys that are new. Raises as `post`.

    Must run inside the caller's transaction. Credit accounts are locked here, in order of id, before the keys are looked at, so
    that a retry succeeds even when the money is spent by now.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("post inside the transaction that needs the money")
    if not postings:
        return set()
    balances = lock_credit([account for posting in postings for account in (posting.source, posting.target)])
    new = postings
    if balances:
        known = _known(postings)
        new = [posting for posting in postings if posting.key not in known]
        _check_credit(new, balances)
    booked = _insert(new)
    missed = [posting for posting in postings if posting.key not in booked]
    if missed:
        _compare(missed, _known(missed))
    return booked


def lock_credit(accounts: Sequence[LedgerAccount]) -> dict[int, int]:
    """Lock the line accounts among `accounts`, by id; returns their present balances in minor units, what is owed below zero."""
    ids = {account.pk for account in accounts if account.kind in LINE_KINDS}
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, balance_minor FROM billing_ledgeraccount WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [list(ids)],
        )
        return dict(cursor.fetchall())


def _check_credit(postings: Sequence[Posting], balances: dict[int, int]) -> None:
    left = dict(balances)
    for posting in postings:
        for account, sign in ((posting.source, -1), (posting.target, 1)):
            if account.kind == AccountKind.SHORTFALL:
                left.pop(account.pk, None)
            elif account.pk in left:
                left[account.pk] += sign * posting.amount_minor
    short = min(left.values(), default=0)
    if short < 0:
        raise NotEnoughCredit(missing_minor=-short)


_COLUMNS = "kind, source_id, target_id, amount_minor, currency, key, order_id, actor, reason, event_at"


def _insert(postings: Sequence[Posting]) -> set[str]:
    if not postings:
        return set()
    rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"] * len(postings))
    values: list[str | int | UUID | datetime | None] = []
    for posting in postings:
        values += [
            posting.kind,
            posting.source.pk,
            posting.target.pk,
            posting.amount_minor,
            posting.source.currency,
            posting.key,
            posting.order.pk if posting.order else None,
            posting.actor,
            posting.reason,
            posting.event_at,
        ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO billing_ledgerentry ({_COLUMNS}) VALUES {rows} ON CONFLICT (key) DO NOTHING RETURNING key",  # noqa: S608
            values,
        )
        return {key for (key,) in cursor.fetchall()}


#: What an entry says: kind, source, target, amount in minor units, currency.
_Payload = tuple[str, int, int, int, str]


def _known(postings: Sequence[Posting]) -> dict[str, _Payload]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, kind, source_id, target_id, amount_minor, currency FROM billing_ledgerentry WHERE key = ANY(%s)",
            [[posting.key for posting in postings]],
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _compare(postings: Sequence[Posting], known: dict[str, _Payload]) -> None:
    for posting in postings:
        booked = known[posting.key]
        wanted = (posting.kind, posting.source.pk, posting.target.pk, posting.amount_minor, posting.source.currency)
        if wanted != booked:
            raise KeyReused(f"{posting.key}: booked as {booked}, asked for {wanted}")


def account(kind: AccountKind, *, currency: str, line: Line | None = None) -> LedgerAccount:
    """The account of that kind, made when it is first needed; a line's credit with balance 0."""
    found, _made = LedgerAccount.objects.get_or_create(
        kind=kind, currency=currency, line=line, defaults={"balance_minor": None if line is None else 0}
    )
    return found


_POTS = Compiled(LedgerAccount.objects.filter(Q(line=None) | Q(line=Given("line_id")), currency=Given("currency")))


def pots(
    *kinds: AccountKind, currency: str, line: Line | None = None, known: Iterable[LedgerAccount] = ()
) -> dict[AccountKind, LedgerAccount]:
    """Several accounts in one query, the operator's in `currency` and the line's credit; missing ones are made, and those
    among `known` are not read again.
    """
    found = {AccountKind(row.kind): row for row in known if row.currency == currency}
    if not found.keys() >= set(kinds):
        rows = _POTS.all(currency=currency, line_id=line.pk if line else None)
        found = {AccountKind(row.kind): row for row in rows} | found
    return {
        kind: found.get(kind) or account(kind, currency=currency, line=line if kind in LINE_KINDS else None)
        for kind in kinds
    }


def credit_of(line: Line) -> tuple[Money, Money]:
    """The line's credit in its own currency: the paid part and the bonus part."""
    rows = LedgerAccount.objects.filter(line=line, currency=line.currency, kind__in=CREDIT_KINDS)
    parts = {row.kind: row.balance_minor or 0 for row in rows}
    return (
        Money(parts.get(AccountKind.CREDIT_PAID, 0), line.currency),
        Money(parts.get(AccountKind.CREDIT_BONUS, 0), line.currency),
    )


def owed_by(line: Line) -> Money:
    """What the line owes after credit was taken back that had been spent, in its own currency."""
    rows = LedgerAccount.objects.filter(line=line, currency=line.currency, kind=AccountKind.SHORTFALL)
    return Money(-sum(row.balance_minor or 0 for row in rows), line.currency)


def held_for(order_id: UUID) -> dict[str, int]:
    """Money held for the order: currency -> minor units, without zeros."""
    rows = (
        LedgerEntry.objects.filter(order_id=order_id)
        .values("currency")
        .annotate(
            into=Sum("amount_minor", filter=Q(target__kind=AccountKind.HELD), default=0),
            out=Sum("amount_minor", filter=Q(source__kind=AccountKind.HELD), default=0),
        )
    )
    return {row["currency"]: row["into"] - row["out"] for row in rows if row["into"] != row["out"]}
