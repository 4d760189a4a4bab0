"""Which event goes out when: a row for each delivery, bent by the faults ordered for webhooks."""

import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from sandbox.faults import orders
from sandbox.faults.orders import Fault

#: seconds until the next attempt after the first, second, … one failed; the last holds for all further ones
BACK_OFF_SECONDS = (1, 2, 4, 8, 16, 30, 60)
#: Stripe tries for three days (docs.stripe.com/webhooks#automatic-retries)
GIVE_UP_AFTER_SECONDS = 3 * 86400
_BETWEEN_SECONDS = 0.001


def schedule(sql: sqlite3.Connection, event: Mapping[str, Any], *, lane: str) -> None:
    """Deliver an event: at once and after those of its lane, unless a fault says otherwise."""
    now = time.time()
    fault = orders.take(sql, "webhook", event["type"], event["id"])
    if fault is None:
        _add(sql, event, lane, now)
    elif fault.deed == "drop":
        _add(sql, event, lane, now, state="dropped")
    elif fault.deed == "delay":
        _add(sql, event, f"{lane}:{event['id']}", now + fault.details["seconds"])
    elif fault.deed == "repeat":
        for _ in range(fault.details["copies"]):
            _add(sql, event, lane, now)
    elif fault.deed == "concurrent":
        for number in range(fault.details["copies"]):
            _add(sql, event, f"{lane}:{event['id']}:{number}", now)
    else:
        _hold(sql, event, fault, now)


def again(sql: sqlite3.Connection, event: Mapping[str, Any], *, copies: int = 1) -> None:
    """Deliver an event once more, `copies` times at once, whatever faults are ordered."""
    for number in range(copies):
        _add(sql, event, f"again:{event['id']}:{number}", time.time())


def listed(sql: sqlite3.Connection, *, event_id: str | None = None, limit: int = 500) -> list[dict[str, Any]]:
    """Deliveries as the control page tells them, newest first."""
    rows = sql.execute(
        "SELECT * FROM deliveries WHERE ? IS NULL OR event_id = ? ORDER BY id DESC LIMIT ?", (event_id, event_id, limit)
    )
    return [{name: row[name] for name in row.keys() if name != "lane"} for row in rows]  # noqa: SIM118  a Row is no dict


def due(sql: sqlite3.Connection, now: float) -> list[sqlite3.Row]:
    """Everything whose time has come, in the order it is to leave."""
    rows = sql.execute("SELECT * FROM deliveries WHERE state = 'due' AND due_at <= ? ORDER BY due_at, id", (now,))
    return rows.fetchall()


def next_due_at(sql: sqlite3.Connection) -> float | None:
    earliest: float | None = sql.execute("SELECT min(due_at) FROM deliveries WHERE state = 'due'").fetchone()[0]
    return earliest


def record(sql: sqlite3.Connection, row: sqlite3.Row, *, is_taken: bool, answer: str) -> None:
    """Note how an attempt went, and when the next one is due if the event was not taken."""
    now = time.time()
    attempts = row["attempts"] + 1
    wait = BACK_OFF_SECONDS[min(attempts, len(BACK_OFF_SECONDS)) - 1]
    is_over = now - row["created_at"] > GIVE_UP_AFTER_SECONDS
    state = "delivered" if is_taken else "given_up" if is_over else "due"
    sql.execute(
        "UPDATE deliveries SET state = ?, attempts = ?, answer = ?, answered_at = ?, due_at = ? WHERE id = ?",
        (state, attempts, answer[:200], now, row["due_at"] if is_taken else now + wait, row["id"]),
    )


def _add(sql: sqlite3.Connection, event: Mapping[str, Any], lane: str, due_at: float, *, state: str = "due") -> None:
    sql.execute(
        "INSERT INTO deliveries (event_id, event_type, lane, state, due_at, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (event["id"], event["type"], lane, state, due_at, time.time()),
    )


def _hold(sql: sqlite3.Connection, event: Mapping[str, Any], fault: Fault, now: float) -> None:
    """Keep events back until the last one of the fault is there or its seconds are over; they leave in reverse order."""
    together = fault.details["together"]
    lane = f"reorder:{fault.id}:{fault.used // together}"
    held = sql.execute(
        "SELECT min(due_at), count(*) FROM deliveries WHERE lane = ? AND attempts = 0", (lane,)
    ).fetchone()
    due_at = now + fault.details["seconds"] if held[0] is None else held[0] - _BETWEEN_SECONDS
    _add(sql, event, lane, due_at)
    if held[1] + 1 >= together:
        sql.execute("UPDATE deliveries SET due_at = due_at - ? WHERE lane = ? AND attempts = 0", (due_at - now, lane))
