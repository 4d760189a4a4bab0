"""What must always hold between our own tables, asked of the database in SQL after every night and every fault test."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext, gettext_noop

from billing.reconciliation import differences
from billing.reconciliation.differences import Difference
from lib.money import format_money


@dataclass(frozen=True)
class Promise:
    """Each row of `statement` breaks it. Columns: `about` (the same name every night), `order_id`, `currency`, and what `words`
    name; those that end in `_minor` are worded as money.
    """

    name: str
    holds: str
    words: str
    statement: str


PROMISES = (
    Promise(
        "credit",
        "a line's credit is the sum of its entries",
        gettext_noop(
            "Line %(line)s: %(stored_minor)s is stored as its %(kind)s, but its entries come to %(booked_minor)s. Somebody changed it in the database."
        ),
        """
        WITH moved AS (
            SELECT account_id, sum(minor) AS minor FROM (
                SELECT target_id AS account_id, amount_minor AS minor FROM billing_ledgerentry
                UNION ALL SELECT source_id, -amount_minor FROM billing_ledgerentry) sides
            GROUP BY account_id)
        SELECT a.id AS about, NULL::uuid AS order_id, a.currency, a.line_id AS line, a.kind,
            a.balance_minor AS stored_minor, coalesce(moved.minor, 0) AS booked_minor
        FROM billing_ledgeraccount a LEFT JOIN moved ON moved.account_id = a.id
        WHERE a.line_id IS NOT NULL AND a.balance_minor <> coalesce(moved.minor, 0)""",
    ),
    Promise(
        "negative",
        "no credit is below zero, and nothing owed above it",
        gettext_noop("Line %(line)s: its %(kind)s is %(stored_minor)s."),
        """
        SELECT id AS about, NULL::uuid AS order_id, currency, line_id AS line, kind, balance_minor AS stored_minor
        FROM billing_ledgeraccount WHERE line_id IS NOT NULL AND (kind = 'shortfall') = (balance_minor > 0) AND balance_minor <> 0""",
    ),
    Promise(
        "held",
        "an order holds money only while it is on its way or in review",
        gettext_noop("Order %(reference)s holds %(held_minor)s, and nobody is asked what to do with it."),
        """
        WITH held AS (
            SELECT e.order_id, e.currency,
                sum(CASE WHEN t.kind = 'held' THEN e.amount_minor ELSE -e.amount_minor END) AS minor
            FROM billing_ledgerentry e
            JOIN billing_ledgeraccount s ON s.id = e.source_id JOIN billing_ledgeraccount t ON t.id = e.target_id
            WHERE 'held' IN (s.kind, t.kind) GROUP BY e.order_id, e.currency
            HAVING sum(CASE WHEN t.kind = 'held' THEN e.amount_minor ELSE -e.amount_minor END) <> 0)
        SELECT coalesce(held.order_id::text, 'no order') || ':' || held.currency AS about, held.order_id, held.currency,
            coalesce(o.reference, '') AS reference, held.minor AS held_minor
        FROM held LEFT JOIN billing_order o ON o.id = held.order_id
        WHERE o.state IS DISTINCT FROM 'processing' AND NOT EXISTS (
            SELECT FROM billing_reviewitem r WHERE r.closed_at IS NULL
                AND r.subject = 'held:' || held.order_id || ':' || held.currency)""",
    ),
    Promise(
        "received",
        "each received payment is booked once, as received",
        gettext_noop(
            "A payment of %(received_minor)s (%(intent)s) was received for order %(reference)s and is not booked so."
        ),
        """
        SELECT p.id AS about, p.order_id, p.received_currency AS currency, p.received_minor, p.intent_id AS intent, o.reference
        FROM billing_payment p JOIN billing_order o ON o.id = p.order_id
        LEFT JOIN billing_ledgerentry e ON e.key = 'payment:' || p.intent_id
            AND e.amount_minor = p.received_minor AND e.currency = p.received_currency
        WHERE p.state = 'succeeded' AND e.id IS NULL""",
    ),
    Promise(
        "collected",
        "each order sold outside is booked once, as collected by its seller",
        gettext_noop("Order %(reference)s was sold outside for %(price_minor)s and is not booked so."),
        """
        SELECT o.id AS about, o.id AS order_id, o.currency, o.reference, o.price_minor
        FROM billing_order o LEFT JOIN billing_ledgerentry e ON e.order_id = o.id AND e.kind = 'collected'
            AND e.amount_minor = o.price_minor AND e.currency = o.currency
        WHERE (o.method = 'external') IS DISTINCT FROM (e.id IS NOT NULL)
            OR EXISTS (SELECT FROM billing_ledgerentry x
                WHERE x.order_id = o.id AND x.kind = 'collected' AND x.id IS DISTINCT FROM e.id)""",
    ),
    Promise(
        "booked",
        "each booking has its payment",
        gettext_noop("%(booked_minor)s are booked as received (%(key)s), and no payment of ours says so."),
        """
        SELECT e.id AS about, e.order_id, e.currency, e.amount_minor AS booked_minor, e.key
        FROM billing_ledgerentry e
        LEFT JOIN billing_payment p ON e.key = 'payment:' || p.intent_id AND p.state = 'succeeded'
        WHERE e.kind = 'payment' AND p.id IS NULL""",
    ),
    Promise(
        "given_back",
        "each refund that arrived is booked once, as given back",
        gettext_noop(
            "A refund of %(refund_minor)s (%(gateway_id)s) of order %(reference)s arrived and is not booked so."
        ),
        """
        SELECT r.id AS about, o.id AS order_id, r.currency, r.amount_minor AS refund_minor, r.gateway_id, o.reference
        FROM billing_refund r JOIN billing_payment p ON p.id = r.payment_id JOIN billing_order o ON o.id = p.order_id
        LEFT JOIN billing_ledgerentry e ON e.key = 'refund:' || r.id || ':refund_paid'
            AND e.amount_minor = r.amount_minor AND e.currency = r.currency
        WHERE r.state = 'succeeded' AND e.id IS NULL""",
    ),
    Promise(
        "earned",
        "an order is earned once, in full, when it is applied",
        gettext_noop("Order %(reference)s costs %(price_minor)s and %(earned_minor)s of it were booked as earned."),
        """
        WITH earned AS (
            SELECT order_id, sum(amount_minor) AS minor FROM billing_ledgerentry
            WHERE kind IN ('sale', 'vat', 'top_up', 'bonus') AND order_id IS NOT NULL GROUP BY order_id)
        SELECT o.id AS about, o.id AS order_id, o.currency, o.reference, o.price_minor, coalesce(earned.minor, 0) AS earned_minor
        FROM billing_order o LEFT JOIN earned ON earned.order_id = o.id
        WHERE coalesce(earned.minor, 0) <> CASE WHEN o.state IN ('applied', 'reversed') THEN o.price_minor ELSE 0 END""",
    ),
    Promise(
        "applied",
        "an applied plan order has its period, once",
        gettext_noop("Order %(reference)s is applied and has %(count)s plan periods instead of one."),
        """
        SELECT o.id AS about, o.id AS order_id, o.currency, o.reference, count(p.id) AS count
        FROM billing_order o LEFT JOIN plans_planperiod p ON p.origin = 'order:' || o.id
        WHERE o.state IN ('applied', 'reversed') AND o.plan_id IS NOT NULL GROUP BY o.id HAVING count(p.id) <> 1""",
    ),
    Promise(
        "lying",
        "nothing is paid and left lying",
        gettext_noop("Order %(reference)s is paid and was not applied."),
        """
        SELECT id AS about, id AS order_id, currency, reference FROM billing_order WHERE state = 'paid'""",
    ),
    Promise(
        "due",
        "what is due is the sum of what is on its way",
        gettext_noop("%(pot)s: the ledger says %(booked_minor)s, what is open comes to %(open_minor)s."),
        """
        WITH sides AS (
            SELECT target_id AS account_id, amount_minor AS minor FROM billing_ledgerentry
            UNION ALL SELECT source_id, -amount_minor FROM billing_ledgerentry),
        booked AS (
            SELECT a.kind, a.currency, sum(sides.minor) AS minor FROM billing_ledgeraccount a JOIN sides ON sides.account_id = a.id
            WHERE a.kind IN ('refunds_due', 'payouts_due', 'disputed', 'vouchers') GROUP BY a.kind, a.currency),
        waiting AS (
            SELECT 'refunds_due' AS kind, currency, sum(amount_minor) AS minor FROM billing_refund
            WHERE state IN ('requested', 'submitted', 'pending', 'needs_payer') GROUP BY currency
            UNION ALL SELECT 'payouts_due', currency, sum(amount_minor) FROM billing_payout
            WHERE state IN ('requested', 'approved') GROUP BY currency
            UNION ALL SELECT 'disputed', currency, -sum(amount_minor) FROM billing_dispute
            WHERE withdrawn_at IS NOT NULL AND ended_at IS NULL GROUP BY currency
            UNION ALL SELECT 'vouchers', b.currency, sum(b.amount_minor) FROM billing_voucher v
            JOIN billing_voucherbatch b ON b.id = v.batch_id
            WHERE v.state = 'active' AND b.nature = 'sold' GROUP BY b.currency)
        SELECT kind || ':' || currency AS about, NULL::uuid AS order_id, currency, kind AS pot,
            coalesce(booked.minor, 0) AS booked_minor, coalesce(waiting.minor, 0) AS open_minor
        FROM booked FULL JOIN waiting USING (kind, currency)
        WHERE coalesce(booked.minor, 0) <> coalesce(waiting.minor, 0)""",
    ),
    Promise(
        "allowance",
        "no allowance is used beyond what was granted",
        gettext_noop("Allowance %(about)s: %(used)s used and %(gifted)s given on of %(granted)s granted."),
        """
        SELECT id AS about, NULL::uuid AS order_id, '' AS currency, used, gifted, granted
        FROM plans_allowance WHERE granted IS NOT NULL AND used + gifted > granted""",
    ),
    Promise(
        "gifted",
        "what an allowance has given on is the sum of its gifts",
        gettext_noop("Allowance %(about)s: %(gifted)s given on, but its gifts come to %(given)s."),
        """
        SELECT a.id AS about, NULL::uuid AS order_id, '' AS currency, a.gifted, coalesce(g.given, 0) AS given
        FROM plans_allowance a FULL JOIN (
            SELECT source_id, sum(amount_bytes - given_back_bytes) AS given FROM plans_allowancegift GROUP BY source_id
        ) g ON g.source_id = a.id
        WHERE a.gifted IS DISTINCT FROM coalesce(g.given, 0)""",
    ),
    Promise(
        "gift",
        "a gift is received as it was given",
        gettext_noop("Allowance %(about)s: %(granted)s were received, but %(given)s were given."),
        """
        SELECT a.id AS about, NULL::uuid AS order_id, '' AS currency, a.granted, g.amount_bytes - g.given_back_bytes AS given
        FROM plans_allowancegift g JOIN plans_allowance a ON a.id = g.received_id
        WHERE a.granted IS DISTINCT FROM g.amount_bytes - g.given_back_bytes OR a.line_id <> g.to_line_id""",
    ),
    Promise(
        "queue_change",
        "a queued plan that was cancelled or changed is given back",
        gettext_noop(
            "Order %(reference)s: its queued plan was cancelled, and nothing of its %(back_minor)s went back."
        ),
        """
        SELECT c.id AS about, c.order_id, c.currency, o.reference, c.back_minor
        FROM billing_queuechange c JOIN billing_order o ON o.id = c.order_id
        WHERE c.state = 'done' AND NOT EXISTS (
            SELECT FROM billing_refundrequest r WHERE r.state = 'granted' AND r.key = 'queue:' || c.id)""",
    ),
    Promise(
        "receipts",
        "receipt numbers have no gap",
        gettext_noop("Receipts %(series)s of %(year)s: %(count)s were issued, the last one has number %(last)s."),
        """
        SELECT c.series || ':' || c.year AS about, NULL::uuid AS order_id, '' AS currency, c.series, c.year, c.last_number AS last,
            count(r.id) AS count
        FROM billing_receiptcounter c LEFT JOIN billing_receipt r ON r.series = c.series AND r.year = c.year
        GROUP BY c.id HAVING count(r.id) <> c.last_number OR coalesce(max(r.number), 0) <> c.last_number""",
    ),
)


def compare(*, now: datetime) -> list[Difference]:
    """Ask for every promise and tell what breaks one. Returns what differs."""
    return [found for promise in PROMISES for found in differences.tell(_found(promise), area=promise.name, now=now)]


def _found(promise: Promise) -> list[Difference]:
    return [
        Difference(
            area=promise.name,
            about=str(row["about"]),
            detail=gettext(promise.words) % {name: _worded(name, row) for name in row},
            currency=row["currency"],
            order_id=row["order_id"],
        )
        for row in breaches(promise)
    ]


def breaches(promise: Promise) -> list[dict[str, Any]]:
    """Rows that break it: one more than is told, at most."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({promise.statement}) broken LIMIT {differences.MOST + 1}")  # noqa: S608  ours
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _worded(name: str, row: dict[str, Any]) -> str:
    return format_money(int(row[name]), row["currency"]) if name.endswith("_minor") else str(row[name])
