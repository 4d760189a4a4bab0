"""The account's own books (docs.stripe.com/api/balance_transactions, /api/payouts, /api/balance, /api/events).

What each type means: docs.stripe.com/reports/balance-transaction-types, docs.stripe.com/reports/reporting-categories.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from math import ceil
from typing import Any
from uuid import UUID

from billing.gateways.books import MoveFact, MoveFactKind, PayoutFact, PayoutFactState
from billing.gateways.protocol import CheckoutPage, Notice, NotReadable
from billing.gateways.stripe.client import StripePart, moment, translated, uuid_or_none
from billing.gateways.stripe.notices import notice_of
from billing.gateways.stripe.pages import page_of
from lib.money import Money

_PAGE = 100
_KINDS = {
    "charge": MoveFactKind.PAYMENT,
    "payment": MoveFactKind.PAYMENT,
    "refund": MoveFactKind.REFUND,
    "payment_refund": MoveFactKind.REFUND,
    "refund_failure": MoveFactKind.REFUND_FAILED,
    "payout": MoveFactKind.PAYOUT,
    "payout_failure": MoveFactKind.PAYOUT_FAILED,
    "payout_cancel": MoveFactKind.PAYOUT_FAILED,
    "stripe_fee": MoveFactKind.FEE,
    "stripe_fx_fee": MoveFactKind.FEE,
    "tax_fee": MoveFactKind.FEE,
}
#: An adjustment is a dispute's when its reporting category says so.
_CATEGORIES = {"dispute": MoveFactKind.DISPUTE, "dispute_reversal": MoveFactKind.DISPUTE_WON}
_PAYOUT_STATES = {
    "paid": PayoutFactState.PAID,
    "failed": PayoutFactState.FAILED,
    "canceled": PayoutFactState.FAILED,
}


class StripeBooks(StripePart):
    def balance(self) -> dict[str, int]:
        with translated():
            balance = self._client.v1.balance.retrieve()
        held: Counter[str] = Counter()
        parts: list[Any] = [*balance.available, *balance.pending]
        for part in parts:
            held[part.currency.upper()] += part.amount
        return dict(held)

    def balance_moves(self, *, since: datetime, until: datetime) -> Iterator[list[MoveFact]]:
        asked = {**_created(since, until), "expand": ["data.source"]}
        for page in _pages(self._client.v1.balance_transactions.list, asked):
            yield [_move(row) for row in page]

    def payouts(self, *, since: datetime, until: datetime) -> Iterator[list[PayoutFact]]:
        for page in _pages(self._client.v1.payouts.list, _created(since, until)):
            yield [_payout(row) for row in page]

    def events(self, *, since: datetime, until: datetime) -> Iterator[list[Notice]]:
        for page in _pages(self._client.v1.events.list, _created(since, until)):
            notices = []
            for event in page:
                with suppress(NotReadable):  # of another account or mode, as a webhook would be refused
                    notices.append(notice_of(event.to_dict(), is_live=self._is_live))
            yield notices

    def find_page(self, payment_id: UUID, *, since: datetime) -> CheckoutPage | None:
        asked: Any = {"created": {"gte": int(since.timestamp())}}
        for page in _pages(self._client.v1.checkout.sessions.list, asked):
            for session in page:
                if uuid_or_none((session.to_dict().get("metadata") or {}).get("payment_id")) == payment_id:
                    return page_of(session)
        return None


def _created(since: datetime, until: datetime) -> dict[str, Any]:
    return {"created": {"gte": int(since.timestamp()), "lt": ceil(until.timestamp())}}


def _pages(ask: Callable[[Any], Any], asked: dict[str, Any]) -> Iterator[list[Any]]:
    """Page after page, each asked for when it is wanted (docs.stripe.com/api/pagination)."""
    behind: dict[str, str] = {}
    while True:
        with translated():
            page = ask({**asked, **behind, "limit": _PAGE})
        yield page.data
        if not page.has_more or not page.data:
            return
        behind = {"starting_after": page.data[-1].id}


def _move(row: Any) -> MoveFact:
    source = row.source.to_dict() if row.source is not None and not isinstance(row.source, str) else {}
    metadata = source.get("metadata") or {}
    currency = row.currency.upper()
    intent = source.get("payment_intent")
    return MoveFact(
        gateway_id=row.id,
        kind=_CATEGORIES.get(row.reporting_category) or _KINDS.get(row.type, MoveFactKind.OTHER),
        their_kind=row.type,
        amount=Money(row.amount, currency),
        fee=Money(row.fee, currency),
        happened_at=moment(row.created),
        object_id=str(source.get("id") or (row.source if isinstance(row.source, str) else "")),
        intent_id=intent if isinstance(intent, str) else "",
        payment_id=uuid_or_none(metadata.get("payment_id")),
        refund_id=uuid_or_none(metadata.get("refund_id")),
    )


def _payout(row: Any) -> PayoutFact:
    return PayoutFact(
        gateway_id=row.id,
        state=_PAYOUT_STATES.get(row.status, PayoutFactState.ON_ITS_WAY),
        amount=Money(row.amount, row.currency.upper()),
    )
