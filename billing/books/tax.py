"""VAT by country and rate: from orders, refund requests and use paid from credit themselves, held against what the ledger moved."""

from collections import defaultdict
from typing import Any

from billing.books.asking import rows
from billing.books.balances import Balances
from billing.books.month import Month
from billing.books.tables import Cell, Check, Section, Table
from billing.models import AccountKind
from lib.money import Money

_SOLD = """
    SELECT country, vat_percent, currency, count(*) AS count, sum(net_minor)::bigint AS net_minor, sum(vat_minor)::bigint AS vat_minor
    FROM (
        SELECT o.country, o.vat_percent, o.currency, o.net_minor, o.vat_minor
        FROM billing_ledgerentry e JOIN billing_order o ON o.id = e.order_id AND e.key = 'order:' || o.id || ':apply:sale'
        WHERE e.kind = 'sale' AND e.created_at >= %(since)s AND e.created_at < %(until)s
        UNION ALL
        SELECT u.vat_country, u.vat_percent, u.currency, u.net_minor, u.vat_minor
        FROM (SELECT DISTINCT split_part(e.key, ':', 2) AS id FROM billing_ledgerentry e
            WHERE e.kind = 'use' AND e.created_at >= %(since)s AND e.created_at < %(until)s) booked
        JOIN billing_credituse u ON u.id = booked.id::uuid
    ) AS sales GROUP BY 1, 2, 3"""

_TAKEN_BACK = """
    SELECT o.country, o.vat_percent, r.currency, count(*) AS count,
        sum(r.net_minor)::bigint AS net_minor, sum(r.vat_minor)::bigint AS vat_minor
    FROM (SELECT DISTINCT split_part(e.key, ':', 2) AS id FROM billing_ledgerentry e
        WHERE e.kind IN ('sale_reversed', 'vat_reversed') AND e.created_at >= %(since)s AND e.created_at < %(until)s) booked
    JOIN billing_refundrequest r ON r.id::text = booked.id JOIN billing_order o ON o.id = r.order_id
    GROUP BY 1, 2, 3"""


def section(month: Month, balances: Balances) -> Section:
    """What was sold and taken back in the month; its sums are what the sales and VAT accounts moved by."""
    sold = {_place(row): row for row in rows(_SOLD, since=month.starts_at, until=month.ends_at)}
    back = {_place(row): row for row in rows(_TAKEN_BACK, since=month.starts_at, until=month.ends_at)}
    told: list[list[Cell]] = []
    net, vat = defaultdict[str, int](int), defaultdict[str, int](int)
    for place in sorted({*sold, *back}):
        country, percent, currency = place
        figures = [_figures(sold.get(place)), _figures(back.get(place))]
        (count, sold_net, sold_vat), (count_back, back_net, back_vat) = figures
        net[currency] += sold_net - back_net
        vat[currency] += sold_vat - back_vat
        amounts = (sold_net, sold_vat, back_net, back_vat, sold_net - back_net, sold_vat - back_vat)
        told.append([country, percent, currency, count, count_back, *(Money(minor, currency) for minor in amounts)])
    columns = ["country", "rate %", "currency", "sales", "taken back", "net sold", "VAT sold"]
    columns += ["net taken back", "VAT taken back", "net", "VAT"]
    return Section(
        tables=[Table("vat", "VAT by country and rate", columns, told)],
        checks=[
            *_checks("net by country and rate is what sales moved by", net, _sales(balances)),
            *_checks(
                "VAT by country and rate is what the VAT account moved by", vat, balances.moved_by(AccountKind.VAT)
            ),
        ],
    )


def _sales(balances: Balances) -> dict[str, int]:
    """Of plans and of use, by currency."""
    plans, use = balances.moved_by(AccountKind.SALES), balances.moved_by(AccountKind.USAGE_SALES)
    return {currency: plans.get(currency, 0) + use.get(currency, 0) for currency in {*plans, *use}}


def _place(row: Any) -> tuple[str, str, str]:
    return row.country, f"{row.vat_percent}", row.currency


def _figures(row: Any) -> tuple[int, int, int]:
    return (0, 0, 0) if row is None else (row.count, row.net_minor, row.vat_minor)


def _checks(name: str, counted: dict[str, int], booked: dict[str, int]) -> list[Check]:
    return [
        Check(name, currency, counted.get(currency, 0), booked.get(currency, 0))
        for currency in sorted({*counted, *booked})
    ]
