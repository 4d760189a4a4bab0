"""Plan periods paid and not yet served at the month's end: the part of their net price that lies beyond it, by time."""

from billing.books.asking import rows
from billing.books.month import Month
from billing.books.tables import Section, Table
from lib.money import Money

#: What a period looked like at the month's end is read from what it looks like now: it may have been cut or cancelled since, but
#: its start stood once it had begun, and its end then follows from its order's own event (never moved), from its days, or from its
#: chain's anchor. What began after the month's end was queued by then.
_UNSERVED = """
    WITH standing AS (
        SELECT p.plan_id, o.id AS order_id, o.country, o.currency, p.starts_at,
            CASE
                WHEN (given.detail->>'starts_at')::timestamptz = p.starts_at THEN (given.detail->>'ends_at')::timestamptz
                WHEN p.anchor_step > 0 THEN
                    ((p.anchor_at AT TIME ZONE l.time_zone) + make_interval(months => p.anchor_step)) AT TIME ZONE l.time_zone
                WHEN given.id IS NOT NULL THEN
                    p.starts_at + ((given.detail->>'ends_at')::timestamptz - (given.detail->>'starts_at')::timestamptz)
                ELSE p.ends_at END AS ends_at
        FROM plans_planperiod p
        JOIN billing_order o ON p.origin = 'order:' || o.id JOIN accounts_line l ON l.id = p.line_id
        LEFT JOIN LATERAL (
            SELECT id, detail FROM billing_orderevent WHERE order_id = o.id AND kind = 'applied' ORDER BY id LIMIT 1) given ON true
        WHERE p.ends_at >= %(at)s AND (p.cancelled_at IS NULL OR p.cancelled_at >= %(at)s)),
    earned AS (
        SELECT standing.*, (
            SELECT coalesce(sum(CASE e.kind WHEN 'sale' THEN e.amount_minor ELSE -e.amount_minor END), 0)
            FROM billing_ledgerentry e
            WHERE e.order_id = standing.order_id AND e.kind IN ('sale', 'sale_reversed') AND e.created_at < %(at)s) AS net_minor
        FROM standing),
    shares AS (
        SELECT earned.*, CASE WHEN starts_at >= %(at)s THEN net_minor ELSE floor(
            net_minor * extract(epoch FROM ends_at - %(at)s) / extract(epoch FROM ends_at - starts_at)) END AS left_minor
        FROM earned WHERE net_minor > 0 AND ends_at > %(at)s)
    SELECT plan.code, s.country, s.currency, count(*) AS count, sum(s.net_minor)::bigint AS net_minor,
        sum(s.left_minor)::bigint AS left_minor
    FROM shares s JOIN plans_plan plan ON plan.id = s.plan_id
    GROUP BY 1, 2, 3 ORDER BY 3, 1, 2"""


def section(month: Month) -> Section:
    """By plan, VAT country and currency, net. Broken cents count as served."""
    found = rows(_UNSERVED, at=month.ends_at)
    told = [
        [
            row.code,
            row.country,
            row.currency,
            row.count,
            Money(row.net_minor, row.currency),
            Money(row.left_minor, row.currency),
        ]
        for row in found
    ]
    return Section(
        tables=[
            Table(
                "unserved",
                "Periods paid and not yet served, net: the part of their time after the month",
                ["plan", "country", "currency", "periods", "sold for", "not yet served"],
                told,
            )
        ]
    )
