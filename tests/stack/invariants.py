"""What must hold after every run, asked of the database in SQL; docs/money.md says each in words."""

from django.db import connection

#: name → a statement whose every row is a broken promise
BROKEN = {
    "a line's credit is the sum of its entries, and never negative": """
        SELECT a.id, a.balance_minor FROM billing_ledgeraccount a
        LEFT JOIN billing_ledgerentry e ON a.id IN (e.source_id, e.target_id)
        WHERE a.line_id IS NOT NULL GROUP BY a.id
        HAVING (a.balance_minor < 0) <> (a.kind = 'shortfall' AND a.balance_minor < 0)
            OR a.balance_minor <> coalesce(sum(CASE WHEN e.target_id = a.id THEN e.amount_minor ELSE -e.amount_minor END), 0)""",
    "an order holds money only while it is on its way or in review": """
        SELECT o.id, sum(CASE WHEN t.kind = 'held' THEN e.amount_minor ELSE -e.amount_minor END) FROM billing_order o
        JOIN billing_ledgerentry e ON e.order_id = o.id
        JOIN billing_ledgeraccount s ON s.id = e.source_id JOIN billing_ledgeraccount t ON t.id = e.target_id
        WHERE 'held' IN (s.kind, t.kind) AND o.state <> 'processing'
            AND NOT EXISTS (SELECT FROM billing_reviewitem r WHERE r.order_id = o.id AND r.closed_at IS NULL)
        GROUP BY o.id HAVING sum(CASE WHEN t.kind = 'held' THEN e.amount_minor ELSE -e.amount_minor END) <> 0""",
    "each received payment is booked once": """
        SELECT p.id FROM billing_payment p
        LEFT JOIN billing_ledgerentry e ON e.key = 'payment:' || p.intent_id AND e.amount_minor = p.received_minor
        WHERE p.state = 'succeeded' AND e.id IS NULL""",
    "each booking has its payment": """
        SELECT e.id FROM billing_ledgerentry e
        LEFT JOIN billing_payment p ON e.key = 'payment:' || p.intent_id AND p.state = 'succeeded'
        WHERE e.kind = 'payment' AND p.id IS NULL""",
    "the pot of sold vouchers holds what the active ones are worth": """
        SELECT a.currency, a.held, coalesce(v.worth, 0) FROM (
            SELECT a.currency, sum(CASE WHEN e.target_id = a.id THEN e.amount_minor ELSE -e.amount_minor END) AS held
            FROM billing_ledgeraccount a JOIN billing_ledgerentry e ON a.id IN (e.source_id, e.target_id)
            WHERE a.kind = 'vouchers' GROUP BY a.currency) a
        FULL JOIN (
            SELECT b.currency, sum(b.amount_minor) AS worth FROM billing_voucher v JOIN billing_voucherbatch b ON b.id = v.batch_id
            WHERE v.state = 'active' AND b.nature = 'sold' GROUP BY b.currency) v ON v.currency = a.currency
        WHERE coalesce(a.held, 0) <> coalesce(v.worth, 0)""",
    "a redeemed voucher is booked once, for an order that is applied": """
        SELECT v.id FROM billing_voucher v JOIN billing_order o ON o.id = v.order_id
        LEFT JOIN billing_ledgerentry e ON e.key = 'voucher:' || v.id || ':redeemed' AND e.amount_minor = o.price_minor
        WHERE v.state = 'redeemed' AND (e.id IS NULL OR o.applied_at IS NULL)""",
    "an order is applied once": """
        SELECT origin, count(*) FROM plans_planperiod WHERE origin LIKE 'order:%%' GROUP BY origin HAVING count(*) > 1""",
    "nothing is paid and left lying": """
        SELECT id FROM billing_order WHERE state = 'paid'""",
    "an applied plan order has its period": """
        SELECT o.id FROM billing_order o LEFT JOIN plans_planperiod p ON p.origin = 'order:' || o.id
        WHERE o.state = 'applied' AND o.plan_id IS NOT NULL AND p.id IS NULL""",
    "no allowance is used beyond what was granted": """
        SELECT id FROM plans_allowance WHERE granted IS NOT NULL AND used + gifted > granted""",
}


def broken() -> dict[str, list[tuple[object, ...]]]:
    """The promises that do not hold, each with the rows that break it. Empty is right."""
    found = {}
    with connection.cursor() as cursor:
        for promise, statement in BROKEN.items():
            cursor.execute(statement)
            if rows := cursor.fetchall():
                found[promise] = rows
    return found
