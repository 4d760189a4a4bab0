"""Credit and orders for tests, made by the portal's own doors."""

import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Line
from billing import ledger
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind, LedgerAccount
from billing.paid_use import booking
from billing.paid_use.booking import Counter, Day
from plans.rates import RateCard

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


def use_beyond(line: Line, amount: int, *, country: str = "DE", now: datetime = NOW) -> int:
    """So many bytes used now that no allowance covers, paid from credit by the catalogue's rate; what it cost in minor units."""
    local = now.astimezone(ZoneInfo(line.time_zone))
    day = Day(line.pk, local.date(), "data", country)
    rate = RateCard().of(country, "data", line.currency, on=day.day)
    assert rate is not None
    with transaction.atomic():
        counter = Counter(booking.lock({line.pk}), first_day=day.day)
        _paid, cost_minor = counter.pay(day, rate, amount)
        counter.book(last_used_at={line.pk: now}, now=now)
    return cost_minor
