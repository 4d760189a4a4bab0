"""Idempotency keys (docs.stripe.com/api/idempotent_requests): the same key and body get the same answer, 500s included."""

import hashlib
import sqlite3
import time
from dataclasses import dataclass

from sandbox.stripe_api.refusals import ParameterRefusal

#: after which a key is forgotten and the same request is carried out again
FORGOTTEN_AFTER_SECONDS = 24 * 3600
_LONGEST_KEY = 255


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    is_replay: bool = False


def fingerprint(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


def kept(sql: sqlite3.Connection, key: str, request_hash: str) -> Answer | None:
    """The answer kept under a key. Raises ParameterRefusal for the same key with another request."""
    if len(key) > _LONGEST_KEY:
        raise ParameterRefusal("Idempotency keys have at most 255 characters.")
    row = sql.execute("SELECT * FROM answers WHERE key = ?", (key,)).fetchone()
    if row is None or row["at"] < time.time() - FORGOTTEN_AFTER_SECONDS:
        return None
    if row["request_hash"] != request_hash:
        raise ParameterRefusal(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    return Answer(row["status"], row["body"], is_replay=True)


def keep(sql: sqlite3.Connection, key: str, request_hash: str, answer: Answer) -> None:
    """In the place of an answer that is forgotten."""
    sql.execute(
        "INSERT OR REPLACE INTO answers (key, request_hash, status, body, at) VALUES (?, ?, ?, ?, ?)",
        (key, request_hash, answer.status, answer.body, time.time()),
    )


def age(sql: sqlite3.Connection, seconds: float) -> int:
    """Make every kept answer older; how many."""
    return sql.execute("UPDATE answers SET at = at - ?", (seconds,)).rowcount
