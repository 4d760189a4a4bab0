"""What each outside seller has collected for us, taken back and handed over, and owes at the month's end."""

from billing.books.asking import rows
from billing.books.balances import SIDES, Balances
from billing.books.month import Month
from billing.books.tables import Cell, Check, Section, Table
from billing.from_outside.settling import SOURCE_OF
from billing.models import AccountKind
from lib.money import Money

_SELLERS = f"""
    WITH sides AS (
        SELECT e.entry, e.out_minor - e.into_minor AS minor, e.currency, e.created_at, {SOURCE_OF} AS source
        FROM {SIDES} e JOIN billing_ledgeraccount a ON a.id = e.account_id
        WHERE a.kind = 'outside' AND e.created_at < %(until)s)
    SELECT source, currency,
        coalesce(sum(minor) FILTER (WHERE created_at < %(since)s), 0)::bigint AS opening_minor,
        coalesce(sum(minor) FILTER (WHERE created_at >= %(since)s AND entry = 'collected'), 0)::bigint AS collected_minor,
        coalesce(-sum(minor) FILTER (
            WHERE created_at >= %(since)s AND entry IN ('settled', 'settlement_undone')), 0)::bigint AS settled_minor,
        coalesce(-sum(minor) FILTER (WHERE created_at >= %(since)s
            AND entry NOT IN ('collected', 'settled', 'settlement_undone')), 0)::bigint AS back_minor,
        sum(minor)::bigint AS closing_minor
    FROM sides GROUP BY 1, 2 ORDER BY 2, 1"""  # noqa: S608  our own words


def section(month: Month, balances: Balances) -> Section:
    """Seller by seller, as they owe it: above zero is ours and at theirs."""
    found = rows(_SELLERS, since=month.starts_at, until=month.ends_at)
    told: list[list[Cell]] = []
    totals: dict[str, int] = {}
    for row in found:
        moved = (row.opening_minor, row.collected_minor, row.back_minor, row.settled_minor, row.closing_minor)
        told.append([row.source, row.currency, *(Money(minor, row.currency) for minor in moved)])
        totals[row.currency] = totals.get(row.currency, 0) + row.closing_minor
    columns = ["source", "currency", "owed before", "collected", "taken back", "handed over", "owed"]
    return Section(
        tables=[Table("outside", "Outside sellers: what they collected, and what they owe", columns, told)],
        checks=[
            Check("outside: seller by seller makes the account", currency, -totals.get(currency, 0), minor)
            for currency, minor in balances.closed_at(AccountKind.OUTSIDE).items()
        ],
    )
