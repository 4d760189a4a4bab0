"""Vouchers that could still be redeemed at the month's end: what was sold from the ledger, what is given away from the acts of staff."""

from typing import Any

from billing.books.asking import rows
from billing.books.balances import SIDES, Balances
from billing.books.month import Month
from billing.books.tables import Cell, Check, Section, Table
from billing.models import AccountKind, VoucherNature
from lib.money import Money

_SOLD = f"""
    SELECT b.id, coalesce(b.nature, '') AS nature, coalesce(b.series, '') AS series, coalesce(b.name, '') AS name, s.currency,
        b.amount_minor AS worth_minor, sum(s.into_minor - s.out_minor)::bigint AS minor
    FROM {SIDES} s JOIN billing_ledgeraccount a ON a.id = s.account_id
    LEFT JOIN billing_voucher v ON s.key LIKE 'voucher:%%' AND v.id::text = split_part(s.key, ':', 2)
    LEFT JOIN billing_voucherbatch b
        ON b.id = v.batch_id OR (s.key LIKE 'voucher_batch:%%' AND b.id::text = split_part(s.key, ':', 2))
    WHERE a.kind = 'vouchers' AND s.created_at < %(at)s
    GROUP BY b.id, s.currency HAVING sum(s.into_minor - s.out_minor) <> 0 ORDER BY b.series"""  # noqa: S608  our own words

#: Given away, so no entry stands for it until it is redeemed. `acts` are insert-only, like entries.
_GIVEN = """
    WITH acts AS (
        SELECT coalesce(v.batch_id::text, split_part(c.subject, ':', 2)) AS batch_id, c.id, c.deed, (c.detail->>'count')::bigint AS count
        FROM lib_audit c LEFT JOIN billing_voucher v ON c.subject LIKE 'voucher:%%' AND v.id::text = split_part(c.subject, ':', 2)
        WHERE c.at < %(at)s AND c.deed IN ('vouchers.activated', 'vouchers.blocked', 'vouchers.unblocked')),
    begun AS (SELECT batch_id, min(id) AS id FROM acts WHERE deed = 'vouchers.activated' GROUP BY 1),
    active AS (
        SELECT acts.batch_id, sum(CASE WHEN acts.deed = 'vouchers.blocked' THEN -acts.count ELSE acts.count END) AS count
        FROM acts JOIN begun ON begun.batch_id = acts.batch_id AND acts.id >= begun.id GROUP BY 1),
    redeemed AS (
        SELECT v.batch_id, count(*) AS count FROM billing_ledgerentry e
        JOIN billing_voucher v ON v.id::text = split_part(e.key, ':', 2)
        WHERE e.kind = 'voucher_redeemed' AND e.created_at < %(at)s GROUP BY 1)
    SELECT b.nature, b.series, b.name, b.currency, b.amount_minor AS worth_minor,
        (active.count - coalesce(redeemed.count, 0))::bigint AS count
    FROM billing_voucherbatch b JOIN active ON active.batch_id = b.id::text
    LEFT JOIN redeemed ON redeemed.batch_id = b.id
    WHERE b.nature <> 'sold' AND b.expires_at > %(at)s AND active.count > coalesce(redeemed.count, 0)
    ORDER BY b.nature, b.series"""


def section(month: Month, balances: Balances) -> Section:
    """Batch by batch; what was sold is the whole of the vouchers account."""
    sold = rows(_SOLD, at=month.ends_at)
    told = [
        _told(row.nature, row, count=row.minor // row.worth_minor if row.worth_minor else 0, minor=row.minor)
        for row in sold
    ]
    told += [
        _told(row.nature, row, count=row.count, minor=row.count * row.worth_minor)
        for row in rows(_GIVEN, at=month.ends_at)
    ]
    totals: dict[str, int] = {}
    for row in sold:
        if row.nature == VoucherNature.SOLD:
            totals[row.currency] = totals.get(row.currency, 0) + row.minor
    return Section(
        tables=[
            Table(
                "vouchers",
                "Vouchers not redeemed. Only what was sold is owed",
                ["nature", "batch", "name", "currency", "worth of one", "number", "worth"],
                told,
            )
        ],
        checks=[
            Check("vouchers: batch by batch makes the account", currency, totals.get(currency, 0), minor)
            for currency, minor in balances.closed_at(AccountKind.VOUCHERS).items()
        ],
    )


def _told(nature: str, row: Any, *, count: int, minor: int) -> list[Cell]:
    worth, currency = row.worth_minor or 0, row.currency
    return [nature, row.series, row.name, currency, Money(worth, currency), count, Money(minor, currency)]
