"""Messages as they came: checked, kept once, listed newest first."""

import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.inbox.sms_length import SmsLength, sms_length

CHANNELS = ("sms", "email")
_LONGEST = {"to": 320, "sender": 320, "subject": 1000, "text": 200_000, "html": 1_000_000, "reference": 500}


class MessageRefused(ValueError):
    """The message cannot be read; the text says which part of it."""


@dataclass(frozen=True)
class Message:
    """`received_at` is real time, `clock_at` what the turned clock said then; both in seconds since 1970."""

    id: str
    channel: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    reference: str
    received_at: float
    clock_at: float

    @property
    def length(self) -> SmsLength:
        return sms_length(self.text)

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.clock_at, UTC)

    def to_json(self) -> dict[str, Any]:
        told = asdict(self) | {name: _iso(getattr(self, name)) for name in ("received_at", "clock_at")}
        return told | (
            {"characters": self.length.characters, "parts": self.length.parts} if self.channel == "sms" else {}
        )


def take_in(
    sql: sqlite3.Connection, posted: Mapping[str, Any], *, received_at: float, clock_at: float
) -> tuple[str, bool]:
    """Keep a message; its id, and whether it is new. One reference is one message per channel and address.

    Raises MessageRefused.
    """
    fields = checked(posted)
    if fields["reference"]:
        row = sql.execute(
            "SELECT id FROM messages WHERE channel = ? AND reference = ? AND address = ?",
            (fields["channel"], fields["reference"], fields["to"]),
        ).fetchone()
        if row:
            sql.execute(
                "INSERT INTO repeats VALUES (?, 1) ON CONFLICT (message_id) DO UPDATE SET times = times + 1",
                (row["id"],),
            )
            return row["id"], False
    message_id = str(uuid.uuid4())
    sql.execute(
        "INSERT INTO messages (id, channel, address, sender, subject, text, html, reference, received_at, clock_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (message_id, *(fields[name] for name in ("channel", *_LONGEST)), received_at, clock_at),
    )
    if fields["reply_to"]:
        sql.execute("INSERT INTO reply_addresses VALUES (?, ?)", (message_id, fields["reply_to"]))
    return message_id, True


def checked(posted: Mapping[str, Any]) -> dict[str, str]:
    """Raises MessageRefused."""
    if posted.get("channel") not in CHANNELS:
        raise MessageRefused("channel must be sms or email.")
    fields = {"channel": posted["channel"]}
    for name, longest in (_LONGEST | {"reply_to": 320}).items():
        value = posted.get(name) or ""
        if not isinstance(value, str) or len(value) > longest:
            raise MessageRefused(f"{name} must be a text of at most {longest} characters.")
        fields[name] = value
    if not fields["to"]:
        raise MessageRefused("to must name somebody.")
    if not fields["text"] and not fields["html"]:
        raise MessageRefused("text or html must say something.")
    return fields


def listed(sql: sqlite3.Connection, *, to: str = "", channel: str = "", limit: int = 200) -> list[Message]:
    """Newest first; `to` is any part of the address."""
    rows = sql.execute(
        "SELECT * FROM messages WHERE instr(lower(address), lower(?)) AND (? = '' OR channel = ?)"
        " ORDER BY sequence DESC LIMIT ?",
        (to, channel, channel, limit),
    )
    return [_message(row) for row in rows.fetchall()]


def find(sql: sqlite3.Connection, message_id: str) -> Message | None:
    row = sql.execute("SELECT * FROM messages WHERE id = ?", (message_id,)).fetchone()
    return None if row is None else _message(row)


def reply_address(sql: sqlite3.Connection, message_id: str) -> str:
    """Where an answer to it goes; empty when its sender wants none."""
    row = sql.execute("SELECT address FROM reply_addresses WHERE message_id = ?", (message_id,)).fetchone()
    return "" if row is None else str(row["address"])


def counts(sql: sqlite3.Connection, channel: str) -> dict[str, int]:
    """How many messages there are, and how many of them came more than once."""
    row = sql.execute(
        "SELECT count(*) AS messages, count(repeats.times) AS repeated FROM messages"
        " LEFT JOIN repeats ON repeats.message_id = messages.id WHERE ? = '' OR channel = ?",
        (channel, channel),
    ).fetchone()
    return {"messages": row["messages"], "repeated": row["repeated"]}


def addresses(sql: sqlite3.Connection) -> list[tuple[str, int]]:
    """Everybody who got something, and how many, most recent first."""
    rows = sql.execute(
        "SELECT address, count(*) AS many FROM messages GROUP BY address ORDER BY max(sequence) DESC LIMIT 30"
    )
    return [(row["address"], row["many"]) for row in rows.fetchall()]


def clear(sql: sqlite3.Connection) -> int:
    sql.execute("DELETE FROM repeats")
    sql.execute("DELETE FROM reply_addresses")
    return sql.execute("DELETE FROM messages").rowcount


def _message(row: sqlite3.Row) -> Message:
    return Message(
        row["id"], row["channel"], row["address"], row["sender"], row["subject"], row["text"], row["html"],
        row["reference"], row["received_at"], row["clock_at"],
    )  # fmt: skip


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
