"""Opening, movements and closing of every ledger account, and the credit of all lines."""

from datetime import datetime

from billing.books.asking import rows
from billing.books.month import Month
from billing.books.tables import Cell, Check, Section, Table
from billing.models import AccountKind
from billing.models.ledger import LINE_KINDS
from lib.money import Money

#: Each entry twice: into its target, out of its source. By the day it was booked: an entry that comes later about something that
#: happened in the month belongs to the month it is booked in, so that no closed month ever changes.
SIDES = """(
    SELECT e.id, e.target_id AS account_id, e.currency, e.kind AS entry, e.amount_minor AS into_minor, 0::bigint AS out_minor,
        e.order_id, e.key, e.created_at
    FROM billing_ledgerentry e
    UNION ALL
    SELECT e.id, e.source_id, e.currency, e.kind, 0, e.amount_minor, e.order_id, e.key, e.created_at FROM billing_ledgerentry e
)"""

_STANDING = f"""
    SELECT a.kind AS account, s.currency, sum(s.into_minor - s.out_minor)::bigint AS minor
    FROM {SIDES} s JOIN billing_ledgeraccount a ON a.id = s.account_id
    WHERE s.created_at < %(at)s GROUP BY 1, 2"""  # noqa: S608  our own words

_MOVED = f"""
    SELECT a.kind AS account, s.currency, s.entry, count(*) AS count,
        sum(s.into_minor)::bigint AS into_minor, sum(s.out_minor)::bigint AS out_minor
    FROM {SIDES} s JOIN billing_ledgeraccount a ON a.id = s.account_id
    WHERE s.created_at >= %(since)s AND s.created_at < %(until)s GROUP BY 1, 2, 3"""  # noqa: S608

_LINES = f"""
    SELECT account, currency, count(*) FILTER (WHERE minor <> 0) AS lines, sum(minor)::bigint AS minor
    FROM (SELECT a.kind AS account, s.currency, a.id, sum(s.into_minor - s.out_minor) AS minor
        FROM {SIDES} s JOIN billing_ledgeraccount a ON a.id = s.account_id
        WHERE a.line_id IS NOT NULL AND s.created_at < %(at)s GROUP BY 1, 2, 3) each_line
    GROUP BY 1, 2"""  # noqa: S608

_STORED = """
    SELECT a.kind AS account, a.currency, sum(abs(a.balance_minor - coalesce(moved.minor, 0)))::bigint AS astray_minor
    FROM billing_ledgeraccount a LEFT JOIN (
        SELECT account_id, sum(minor) AS minor FROM (
            SELECT target_id AS account_id, amount_minor AS minor FROM billing_ledgerentry
            UNION ALL SELECT source_id, -amount_minor FROM billing_ledgerentry) sides
        GROUP BY account_id) moved ON moved.account_id = a.id
    WHERE a.line_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"""

Pot = tuple[str, str]


class Balances:
    """What every account held at the month's start and end, and what moved between; read once, for the other sections too.

    An account is named by its kind and currency; what lines have is one account a kind here.
    """

    def __init__(self, month: Month) -> None:
        self.opening = _standing(month.starts_at)
        self.moved = rows(_MOVED, since=month.starts_at, until=month.ends_at)
        self.closing = _standing(month.ends_at)
        self.lines = rows(_LINES, at=month.ends_at)

    @property
    def pots(self) -> list[Pot]:
        """In the order of `AccountKind`, a currency after the other."""
        order = {kind.value: place for place, kind in enumerate(AccountKind)}
        known = {*self.opening, *self.closing, *((row.account, row.currency) for row in self.moved)}
        return sorted(known, key=lambda pot: (pot[1], order[pot[0]]))

    def movement(self, pot: Pot) -> tuple[int, int]:
        """In and out of the month, minor units."""
        ours = [row for row in self.moved if (row.account, row.currency) == pot]
        return sum(row.into_minor for row in ours), sum(row.out_minor for row in ours)

    def closed_at(self, kind: AccountKind) -> dict[str, int]:
        """Closing by currency, minor units."""
        return {currency: minor for (account, currency), minor in self.closing.items() if account == kind}

    def moved_by(self, kind: AccountKind) -> dict[str, int]:
        """In less out of the month by currency, minor units."""
        found: dict[str, int] = {}
        for row in self.moved:
            if row.account == kind:
                found[row.currency] = found.get(row.currency, 0) + row.into_minor - row.out_minor
        return found

    @property
    def currencies(self) -> list[str]:
        return sorted({currency for _account, currency in self.pots})


def _standing(at: datetime) -> dict[Pot, int]:
    return {(row.account, row.currency): row.minor for row in rows(_STANDING, at=at)}


def section(balances: Balances) -> Section:
    """Accounts, movements by kind of entry, and what lines have."""
    return Section(
        tables=[_accounts(balances), _movements(balances), _credit(balances)],
        checks=[*_sums(balances), *_two_sides(balances), *_lines(balances), *_stored()],
    )


def _accounts(balances: Balances) -> Table:
    told: list[list[Cell]] = []
    for pot in balances.pots:
        account, currency = pot
        into, out = balances.movement(pot)
        figures = (balances.opening.get(pot, 0), into, out, balances.closing.get(pot, 0))
        told.append([account, _label(account), currency, *(Money(minor, currency) for minor in figures)])
    return Table(
        "accounts",
        "Ledger accounts. Below zero: what we have or were charged; above zero: what we owe or have earned",
        ["account", "what", "currency", "opening", "in", "out", "closing"],
        told,
    )


def _movements(balances: Balances) -> Table:
    places = {pot: place for place, pot in enumerate(balances.pots)}
    moved = sorted(balances.moved, key=lambda row: (places[row.account, row.currency], row.entry))
    told = [
        [
            row.account,
            row.currency,
            row.entry,
            row.count,
            Money(row.into_minor, row.currency),
            Money(row.out_minor, row.currency),
        ]
        for row in moved
    ]
    return Table(
        "movements", "Movements by kind of entry", ["account", "currency", "kind", "number", "in", "out"], told
    )


def _credit(balances: Balances) -> Table:
    told = [
        [row.account, _label(row.account), row.currency, row.lines, Money(row.minor, row.currency)]
        for row in sorted(balances.lines, key=lambda row: (row.currency, row.account))
    ]
    return Table(
        "credit",
        "Credit owed to lines, and what lines owe",
        ["account", "what", "currency", "lines", "closing"],
        told,
    )


def _label(account: str) -> str:
    return str(AccountKind(account).label)


def _sums(balances: Balances) -> list[Check]:
    checks = []
    for pot in balances.pots:
        into, out = balances.movement(pot)
        moved = balances.opening.get(pot, 0) + into - out
        checks.append(
            Check(f"{pot[0]}: opening and movements make the closing", pot[1], moved, balances.closing.get(pot, 0))
        )
    return checks


def _two_sides(balances: Balances) -> list[Check]:
    """Every entry leaves one account and enters another of its currency."""
    return [
        Check(
            "all accounts together are zero",
            currency,
            sum(minor for (_account, one), minor in balances.closing.items() if one == currency),
            0,
        )
        for currency in balances.currencies
    ]


def _lines(balances: Balances) -> list[Check]:
    counted = {(row.account, row.currency): row.minor for row in balances.lines}
    return [
        Check(f"{kind}: line by line makes the account", currency, counted.get((kind, currency), 0), minor)
        for kind in LINE_KINDS
        for currency, minor in balances.closed_at(kind).items()
    ]


def _stored() -> list[Check]:
    """As of now, whatever month is asked for: a stored balance has no past."""
    return [
        Check(
            f"{row.account}: what is stored today is what was booked, line by line", row.currency, row.astray_minor, 0
        )
        for row in rows(_STORED)
    ]
