"""Credit and orders for tests, made by the portal's own doors."""

import uuid
from datetime import UTC, datetime

from django.db import transaction

from accounts.models import Line
from billing import ledger
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, LedgerAccount

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def give_credit(line: Line, minor: int, *, bonus: bool = False) -> LedgerAccount:
    """Opening credit for `line`, in its currency."""
    kind = AccountKind.CREDIT_BONUS if bonus else AccountKind.CREDIT_PAID
    pots = ledger.pots(AccountKind.OPENING, kind, currency=line.currency, line=line)
    with transaction.atomic():
        ledger.post(
            Posting(
                kind=EntryKind.OPENING,
                source=pots[AccountKind.OPENING],
                target=pots[kind],
                amount_minor=minor,
                key=f"opening:{uuid.uuid4()}",
                event_at=NOW,
                actor="test",
            )
        )
    return pots[kind]
