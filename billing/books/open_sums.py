"""What is held, on its way back, disputed or to be paid out at the month's end: for which order, and since when."""

from typing import Any

from billing.books.asking import rows
from billing.books.balances import SIDES, Balances, Pot
from billing.books.month import Month
from billing.books.tables import Cell, Check, Section, Table
from billing.models import AccountKind
from lib.money import Money

_KINDS = (AccountKind.HELD, AccountKind.REFUNDS_DUE, AccountKind.DISPUTED, AccountKind.PAYOUTS_DUE)

#: A pay-out of credit has no order; its entries are named after it. `since`: the first entry after the sum was last zero.
_OPEN = f"""
    WITH sides AS NOT MATERIALIZED (
        SELECT a.kind AS account, s.currency, s.id, s.created_at, s.into_minor - s.out_minor AS minor,
            CASE WHEN s.key LIKE 'payout:%%' THEN 'payout ' || split_part(s.key, ':', 2) ELSE s.order_id::text END AS about
        FROM {SIDES} s JOIN billing_ledgeraccount a ON a.id = s.account_id
        WHERE a.kind = ANY(%(kinds)s) AND s.created_at < %(at)s),
    standing AS (
        SELECT account, currency, about FROM sides GROUP BY 1, 2, 3 HAVING sum(minor) <> 0),
    counted AS (
        SELECT sides.*, sum(minor) OVER (PARTITION BY sides.account, sides.currency, sides.about ORDER BY sides.id) AS total
        FROM sides JOIN standing ON (sides.account, sides.currency) = (standing.account, standing.currency)
            AND sides.about IS NOT DISTINCT FROM standing.about),
    zeroes AS (
        SELECT counted.*, max(id) FILTER (WHERE total = 0) OVER (PARTITION BY account, currency, about) AS zero_id FROM counted),
    found AS (
        SELECT account, currency, about, sum(minor)::bigint AS minor,
            min(created_at) FILTER (WHERE id > coalesce(zero_id, 0)) AS since
        FROM zeroes GROUP BY 1, 2, 3)
    SELECT found.account, found.currency, found.minor, found.since, coalesce(o.reference, found.about, '') AS named
    FROM found LEFT JOIN billing_order o ON o.id = CASE WHEN found.about NOT LIKE 'payout %%' THEN found.about::uuid END
    ORDER BY 2, 1, 4, 5"""  # noqa: S608  our own words


def section(month: Month, balances: Balances) -> Section:
    """Every open sum with its age, and their totals."""
    found = rows(_OPEN, kinds=[kind.value for kind in _KINDS], at=month.ends_at)
    listed: list[list[Cell]] = []
    totals: dict[Pot, tuple[int, int, int]] = {}
    for row in found:
        since = row.since.astimezone(month.ends_at.tzinfo)
        days = (month.ends_at.date() - since.date()).days
        listed.append([row.account, row.named, f"{since:%Y-%m-%d}", days, row.currency, Money(row.minor, row.currency)])
        count, oldest, minor = totals.get((row.account, row.currency), (0, 0, 0))
        totals[row.account, row.currency] = (count + 1, max(oldest, days), minor + row.minor)
    summed: list[list[Cell]] = [
        [account, currency, count, oldest, Money(minor, currency)]
        for (account, currency), (count, oldest, minor) in totals.items()
    ]
    return Section(
        tables=[
            Table(
                "open_totals",
                "Held for orders, on its way back, disputed, to be paid out",
                ["account", "currency", "number", "oldest, days", "amount"],
                summed,
            ),
            Table(
                "open",
                "The same one by one",
                ["account", "for", "since", "days", "currency", "amount"],
                listed,
                is_list=True,
            ),
        ],
        checks=[
            *_sums(balances, {pot: minor for pot, (_count, _oldest, minor) in totals.items()}),
            *_named(found),
        ],
    )


def _sums(balances: Balances, totals: dict[Pot, int]) -> list[Check]:
    return [
        Check(f"{kind}: one by one makes the account", currency, totals.get((kind, currency), 0), minor)
        for kind in _KINDS
        for currency, minor in balances.closed_at(kind).items()
    ]


def _named(found: list[Any]) -> list[Check]:
    nameless = [row for row in found if not row.named]
    return [Check(f"{row.account}: every sum is for somebody", row.currency, row.minor, 0) for row in nameless]
