"""Credit that is taken back after it was given: what is there goes, the rest is owed by the line and paid by its next top-ups."""

from collections.abc import Sequence
from datetime import datetime

from billing import ledger
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, LedgerAccount, Order


def take(
    order: Order, *, amount_minor: int, kind: EntryKind, target: LedgerAccount, key: str, actor: str, now: datetime
) -> int:
    """Move `amount_minor` of the order's line's paid credit to `target`, what is missing from what the line owes.

    The caller holds line and order locked. Returns what was missing, in minor units.
    """
    pots = ledger.pots(AccountKind.CREDIT_PAID, AccountKind.SHORTFALL, currency=order.currency, line=order.line)
    paid, owed = pots[AccountKind.CREDIT_PAID], pots[AccountKind.SHORTFALL]
    there = min(amount_minor, ledger.lock_credit([paid, owed])[paid.pk])
    parts = [(paid, there), (owed, amount_minor - there)]
    ledger.post_all(
        [
            Posting(
                kind=kind,
                source=source,
                target=target,
                amount_minor=part,
                key=f"{key}:{source.kind}",
                event_at=now,
                actor=actor,
                order=order,
            )
            for source, part in parts
            if part
        ]
    )
    return amount_minor - there


def pay_owed(order: Order, *, now: datetime, pots: Sequence[LedgerAccount] = ()) -> int:
    """After a top-up: what the line owes is paid from its paid credit first. Returns the minor units that took."""
    owed = ledger.owed_by(order.line)
    if not owed.minor or order.currency != owed.currency:
        return 0
    found = ledger.pots(
        AccountKind.CREDIT_PAID, AccountKind.SHORTFALL, currency=order.currency, line=order.line, known=pots
    )
    paid, shortfall = found[AccountKind.CREDIT_PAID], found[AccountKind.SHORTFALL]
    balances = ledger.lock_credit([paid, shortfall])
    part = min(balances[paid.pk], -balances[shortfall.pk])
    if part:
        ledger.post(
            Posting(
                kind=EntryKind.SHORTFALL_PAID,
                source=paid,
                target=shortfall,
                amount_minor=part,
                key=f"order:{order.pk}:owed",
                event_at=now,
                actor="system",
                order=order,
            )
        )
    return part
