"""Use that no allowance covers, paid from credit: bonus first, never more than there is, and the VAT in it.

A day's use of a unit in a country is counted together (plans.rates), and so is its VAT: however late and in how many pieces records come,
the day comes to the same. Lines, then their credit, are locked before anybody counts (docs/locking.md).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.db.models import Sum

from accounts.models import Line
from billing import ledger, vat
from billing.ledger import Posting
from billing.models import AccountKind, CreditUse, EntryKind, LedgerAccount
from billing.models.ledger import CREDIT_KINDS
from lib.alarm import alarm
from lib.money import vat_part
from lib.rows import insert
from plans.rates import Rate

T = TypeVar("T")
TAX_CLASS = "telecom"
#: Rows of a statement; it may hold 65,535 values.
AT_ONCE = 2000


@dataclass(frozen=True)
class Day:
    """What is counted together: a unit used in a country (ISO 3166) on a day of the line."""

    line_id: UUID
    day: date
    unit: str
    country: str


@dataclass
class Part:
    """Of a day: what credit paid for, in the unit's base, and what that cost with the VAT in it."""

    amount: int = 0
    cost_minor: int = 0
    vat_minor: int = 0
    rate: Rate | None = None


@dataclass
class Purse:
    """A line and what is left of its credit, locked; in its own currency."""

    line: Line
    accounts: list[LedgerAccount] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left_minor = sum(account.balance_minor or 0 for account in self.accounts)


def lock(line_ids: Collection[UUID]) -> dict[UUID, Purse]:
    """The lines and their credit, locked in the usual order until the caller's transaction ends."""
    if not line_ids:
        return {}
    lines = Line.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=line_ids).order_by("pk")
    found = {line.pk: line for line in lines}
    accounts = defaultdict[UUID, list[LedgerAccount]](list)
    credit = LedgerAccount.objects.select_for_update(no_key=True, of=("self",)).filter(
        line__in=found, kind__in=CREDIT_KINDS
    )
    for account in credit.order_by("pk"):
        if account.line_id and account.currency == found[account.line_id].currency:
            accounts[account.line_id].append(account)
    return {line_id: Purse(line, accounts[line_id]) for line_id, line in found.items()}


class Counter:
    """Counts what the credit of locked lines pays for, use after use; `book` then books it. `purses` are spent as it goes."""

    def __init__(self, purses: dict[UUID, Purse], *, first_day: date) -> None:
        self._purses = purses
        self._before = _known(purses, first_day)
        self._new: dict[Day, Part] = {}
        self._percents: dict[tuple[str, date], Decimal | None] = {}

    def pay(self, day: Day, rate: Rate, wanted: int) -> tuple[int, int]:
        """How much of `wanted` credit pays for, and for how many minor units more than the day has cost so far."""
        purse = self._purses[day.line_id]
        if self._percent(purse.line.country, day.day) is None:
            return 0, 0
        part = self._new.get(day) or Part()
        before = self._before[day].amount + part.amount
        amount = rate.covered(wanted, before=before, credit_minor=purse.left_minor)
        if not amount:
            return 0, 0
        cost_minor = rate.cost_minor(before + amount) - rate.cost_minor(before)
        purse.left_minor -= cost_minor
        part.amount, part.cost_minor, part.rate = part.amount + amount, part.cost_minor + cost_minor, rate
        self._new[day] = part
        return amount, cost_minor

    def book(self, *, last_used_at: dict[UUID, datetime], now: datetime) -> dict[Day, CreditUse]:
        """Write what was counted: a row a day, the entries, and when credit last paid for use. `last_used_at`: by line."""
        rows = {day: self._row(day, part) for day, part in self._new.items()}
        for some in _parts(list(rows.values())):
            insert(some)
        _post(rows.values(), self._purses, now=now)
        _note(last_used_at, self._purses)
        return rows

    def _row(self, day: Day, part: Part) -> CreditUse:
        line, before = self._purses[day.line_id].line, self._before[day]
        percent, rate = self._percent(line.country, day.day), part.rate
        if percent is None or rate is None:
            raise RuntimeError("nothing is counted without a rate")
        vat_minor = vat_part(before.cost_minor + part.cost_minor, percent) - before.vat_minor
        vat_minor = max(
            0, min(vat_minor, part.cost_minor)
        )  # only a rate of VAT changed afterwards would leave these bounds
        return CreditUse(
            line=line,
            day=day.day,
            unit=day.unit,
            country=day.country,
            amount=part.amount,
            rate_minor=rate.price_minor,
            rate_per=rate.per,
            cost_minor=part.cost_minor,
            currency=line.currency,
            vat_country=line.country,
            vat_percent=percent,
            net_minor=part.cost_minor - vat_minor,
            vat_minor=vat_minor,
        )

    def _percent(self, country: str, on: date) -> Decimal | None:
        if (country, on) not in self._percents:
            try:
                self._percents[country, on] = vat.split(0, country=country, tax_class=TAX_CLASS, on=on).percent
            except vat.NoVatRate as missing:
                self._percents[country, on] = None
                alarm("use.no_vat_rate", subject=f"country:{country}", detail=f"use is not charged: {missing}")
        return self._percents[country, on]


def _known(line_ids: Iterable[UUID], first_day: date) -> defaultdict[Day, Part]:
    """What credit has paid for already, from `first_day` on."""
    found = defaultdict[Day, Part](Part)
    uses = CreditUse.objects.filter(line__in=list(line_ids), day__gte=first_day).order_by()
    names = ("line_id", "day", "unit", "country")
    for row in uses.values(*names).annotate(a=Sum("amount"), c=Sum("cost_minor"), v=Sum("vat_minor")):
        found[Day(*(row[name] for name in names))] = Part(row["a"], row["c"], row["v"])
    return found


def _post(rows: Iterable[CreditUse], purses: dict[UUID, Purse], *, now: datetime) -> None:
    postings: list[Posting] = []
    pots: dict[str, dict[AccountKind, LedgerAccount]] = {}
    for row in rows:
        if row.cost_minor:
            if row.currency not in pots:
                pots[row.currency] = ledger.pots(AccountKind.USAGE_SALES, AccountKind.VAT, currency=row.currency)
            postings += _postings(row, purses[row.line_id].accounts, pots[row.currency], now=now)
    for some in _parts(postings):
        ledger.post_all(some)


def _parts(rows: Sequence[T]) -> Iterable[Sequence[T]]:
    return (rows[first : first + AT_ONCE] for first in range(0, len(rows), AT_ONCE))


def _postings(
    row: CreditUse, accounts: Sequence[LedgerAccount], pots: dict[AccountKind, LedgerAccount], *, now: datetime
) -> Iterable[Posting]:
    """Credit → use sold, bonus first; use sold → VAT. The balances in `accounts` are run down."""
    left = row.cost_minor
    by_kind = sorted(accounts, key=lambda account: account.kind != AccountKind.CREDIT_BONUS)
    for account in by_kind:
        part = min(left, account.balance_minor or 0)
        if part:
            account.balance_minor = (account.balance_minor or 0) - part
            left -= part
            yield _posting(EntryKind.USE, account, pots[AccountKind.USAGE_SALES], part, row, now=now)
    if row.vat_minor:
        yield _posting(EntryKind.VAT, pots[AccountKind.USAGE_SALES], pots[AccountKind.VAT], row.vat_minor, row, now=now)


def _posting(
    kind: EntryKind, source: LedgerAccount, target: LedgerAccount, minor: int, row: CreditUse, *, now: datetime
) -> Posting:
    return Posting(
        kind=kind,
        source=source,
        target=target,
        amount_minor=minor,
        key=f"{KEY}{row.pk}:{source.kind}",
        event_at=now,
        actor="network",
    )


#: How the keys of entries about use begin; the id of their `CreditUse` follows.
KEY = "use:"


def _note(last_used_at: dict[UUID, datetime], purses: dict[UUID, Purse]) -> None:
    changed = []
    for line_id, used_at in last_used_at.items():
        line = purses[line_id].line
        if line.last_charged_use_at is None or line.last_charged_use_at < used_at:
            line.last_charged_use_at = used_at
            changed.append(line)
    Line.objects.bulk_update(changed, ["last_charged_use_at"], batch_size=AT_ONCE)
