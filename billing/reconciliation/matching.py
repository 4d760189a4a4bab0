"""Finds each movement of the gateway its entry in the ledger, all at once; what is left over on either side is named."""

from datetime import datetime
from typing import Any

from django.db import connection

from billing.reconciliation.differences import MOST
from lib.transactions import whole

#: The key of the entry that a movement must have: docs/money.md, "Keys".
_WANTED = """
    SELECT m.*, CASE m.kind
        WHEN 'payment' THEN 'payment:' || m.intent_id
        WHEN 'refund' THEN 'refund:' || r.id || ':refund_paid'
        WHEN 'refund_failed' THEN 'refund:' || r.id || ':refund_failed'
        WHEN 'dispute' THEN 'dispute:' || m.object_id || ':opened'
        WHEN 'dispute_won' THEN 'dispute:' || m.object_id || ':won'
        WHEN 'payout' THEN 'payout:' || m.object_id
        WHEN 'payout_failed' THEN 'payout:' || m.object_id || ':failed'
        WHEN 'fee' THEN 'fee:' || m.gateway_id END AS key, r.state AS refund_state
    FROM billing_gatewaymove m
    LEFT JOIN billing_refund r ON m.kind IN ('refund', 'refund_failed') AND r.gateway_id = m.object_id
    WHERE m.matched_at IS NULL"""

#: Money that came in left clearing, money that went out came into it. Of two movements for one entry the first has it.
_MATCH = f"""
    WITH wanted AS ({_WANTED}),
    found AS (
        SELECT DISTINCT ON (e.id) wanted.id AS move_id, e.id AS entry_id
        FROM wanted
        JOIN billing_ledgerentry e
            ON e.key = wanted.key AND e.currency = wanted.currency AND e.amount_minor = abs(wanted.amount_minor)
        JOIN billing_ledgeraccount a
            ON a.id = CASE WHEN wanted.amount_minor > 0 THEN e.source_id ELSE e.target_id END AND a.kind = 'clearing'
        WHERE NOT EXISTS (SELECT FROM billing_gatewaymove other WHERE other.entry_id = e.id)
        ORDER BY e.id, wanted.id)
    UPDATE billing_gatewaymove SET entry_id = found.entry_id, matched_at = now() FROM found WHERE id = found.move_id"""  # noqa: S608  ours

#: A refund that failed before it was booked as given back, or that never was ours, went out and came back: together nothing.
_CANCEL_OUT = f"""
    WITH wanted AS ({_WANTED}),
    pairs AS (
        SELECT DISTINCT ON (went.id) went.id AS went_id, came.id AS came_id
        FROM wanted went JOIN wanted came
            ON came.kind = 'refund_failed' AND went.kind = 'refund' AND came.object_id = went.object_id
            AND came.amount_minor = -went.amount_minor AND came.currency = went.currency
        WHERE went.refund_state IS NULL OR (went.refund_state IN ('failed', 'cancelled')
            AND NOT EXISTS (SELECT FROM billing_ledgerentry e WHERE e.key = went.key)))
    UPDATE billing_gatewaymove SET matched_at = now() FROM pairs WHERE id IN (pairs.went_id, pairs.came_id)"""  # noqa: S608

#: A refund that is on its way has left the gateway's balance; the ledger books it when it has arrived.
_LEFT_OVER = f"""
    WITH wanted AS ({_WANTED})
    SELECT w.gateway_id, w.kind, w.their_kind, w.object_id, w.intent_id, w.amount_minor, w.currency, w.happened_at, w.key,
        w.refund_id, e.id AS entry_id, e.amount_minor AS booked_minor, e.currency AS booked_currency,
        EXISTS (SELECT FROM billing_gatewaymove other WHERE other.entry_id = e.id) AS is_taken,
        p.id AS payment_id, p.order_id
    FROM wanted w LEFT JOIN billing_ledgerentry e ON e.key = w.key
    LEFT JOIN billing_payment p ON p.id = coalesce(
        (SELECT id FROM billing_payment WHERE intent_id = w.intent_id AND w.intent_id <> ''),
        (SELECT id FROM billing_payment WHERE id = w.payment_id))
    WHERE w.happened_at < %(before)s AND w.amount_minor <> 0
        AND coalesce(w.refund_state, '') NOT IN ('requested', 'submitted', 'pending', 'needs_payer')
    ORDER BY w.happened_at, w.id LIMIT {MOST + 1}"""  # noqa: S608

#: Fees are booked from movements, not matched with them. What an unmatched movement is told about is not told twice.
_UNHEARD_OF = f"""
    WITH wanted AS ({_WANTED})
    SELECT e.id, e.kind, e.key, e.amount_minor, e.currency, e.created_at, e.order_id
    FROM billing_ledgerentry e JOIN billing_ledgeraccount a ON a.id IN (e.source_id, e.target_id) AND a.kind = 'clearing'
    WHERE e.created_at < %(before)s
        AND NOT EXISTS (SELECT FROM billing_gatewaymove m WHERE m.entry_id = e.id)
        AND NOT EXISTS (SELECT FROM billing_gatewaymove m WHERE 'fee:' || m.gateway_id = e.key AND m.kind <> 'fee'
            AND e.amount_minor = abs(m.fee_minor))
        AND NOT EXISTS (SELECT FROM wanted WHERE wanted.key = e.key)
    ORDER BY e.id LIMIT {MOST + 1}"""  # noqa: S608


@whole
def match() -> int:
    """Match what is not matched yet. Returns how many movements were."""
    with connection.cursor() as cursor:
        cursor.execute(_MATCH)
        matched: int = cursor.rowcount
        cursor.execute(_CANCEL_OUT)
        cancelled: int = cursor.rowcount
    return matched + cancelled


def left_over(*, before: datetime) -> list[dict[str, Any]]:
    """Movements that happened before then and have no like in the ledger, oldest first; one more than is told, at most."""
    return _rows(_LEFT_OVER, before=before)


def unheard_of(*, before: datetime) -> list[dict[str, Any]]:
    """Entries booked before then that the gateway's balance knows nothing of; one more than is told, at most."""
    return _rows(_UNHEARD_OF, before=before)


def _rows(statement: str, **values: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
