"""`ledger.post()`, one entry a transaction: every second one between shared pots, every other one onto a line's credit."""

from collections.abc import Callable
from functools import partial
from itertools import count, islice
from uuid import uuid4

from django.db import transaction

from bench.report import Report, Scale
from bench.rounds import Deed, compare, rows_of
from billing import ledger
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind
from tests.billing.ordering import NOW
from tests.cast import anna

_ROWS = "SELECT to_jsonb(e) - '{id,created_at}'::text[] FROM billing_ledgerentry e WHERE key = %(key)s"


def measure(scale: Scale) -> Report:
    """Raises bench.rounds.NotTheSame, BooksBroken."""
    return compare(Ledger(), scale)


class Ledger:
    name = "ledger"
    size = 400

    def __init__(self) -> None:
        line = anna().lines.get()
        kinds = (AccountKind.CLEARING, AccountKind.FEES, AccountKind.OPENING, AccountKind.CREDIT_PAID)
        self._pots = ledger.pots(*kinds, currency=line.currency, line=line)
        self._endless = map(self._deed, count())

    def deeds(self, count: int) -> list[Deed]:
        return list(islice(self._endless, count))

    def rows(self, deed: Deed) -> list[str]:
        return rows_of(_ROWS, deed)

    def _deed(self, number: int) -> Deed:
        key = f"bench:{uuid4()}"
        is_shared = number % 2 == 0
        return Deed(
            kind="shared" if is_shared else "credit",
            own={"key": key},
            run=self._fee(key) if is_shared else self._credit(key),
        )

    def _fee(self, key: str) -> Callable[[], bool]:
        return self._post(EntryKind.FEE, AccountKind.CLEARING, AccountKind.FEES, key)

    def _credit(self, key: str) -> Callable[[], bool]:
        return self._post(EntryKind.OPENING, AccountKind.OPENING, AccountKind.CREDIT_PAID, key)

    def _post(self, kind: EntryKind, source: AccountKind, target: AccountKind, key: str) -> Callable[[], bool]:
        posting = Posting(
            kind=kind,
            source=self._pots[source],
            target=self._pots[target],
            amount_minor=5,
            key=key,
            event_at=NOW,
            actor="bench",
        )
        return partial(_post_alone, posting)


def _post_alone(posting: Posting) -> bool:
    with transaction.atomic():
        return ledger.post(posting)
