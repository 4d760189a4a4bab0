"""What the core knows: lines, their plan periods as they were told last, and every call with its time."""

import hashlib
import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

#: kind → what its payload must say, and as what
_SAYS: Mapping[str, Mapping[str, type]] = {
    "line_set": {"state": str, "since": str, "uses_credit": bool},
    "sims_set": {"sims": list},
    "port_set": {"code_sha256": str},
    "period_set": {
        "period": str,
        "plan": str,
        "kind": str,
        "starts_at": str,
        "ends_at": str,
        "is_cancelled": bool,
        "beyond_by_credit": bool,
        "allowances": list,
    },
    "group_set": {"is_member": bool},
}
_UNTOLD = "untold"


class CommandRefused(ValueError):
    """The command cannot be taken; `code` is data, the text for people."""

    def __init__(self, code: str, words: str, status: int = 422) -> None:
        super().__init__(words)
        self.code, self.status = code, status


@dataclass(frozen=True)
class Command:
    """One that is well formed."""

    id: str
    line: str
    msisdn: str
    kind: str
    payload: dict[str, Any]

    @property
    def hash(self) -> str:
        told = [self.line, self.msisdn, self.kind, self.payload]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def checked(posted: Any, key: str) -> Command:
    """Raises CommandRefused."""
    if not isinstance(posted, dict) or not isinstance(posted.get("payload"), dict):
        raise CommandRefused("unreadable", "Send a JSON object with a payload.", 400)
    fields = {name: posted.get(name) for name in ("id", "line", "msisdn", "kind")}
    if not all(isinstance(value, str) for value in fields.values()):
        raise CommandRefused("unreadable", "id, line, msisdn and kind are texts.", 400)
    if key != fields["id"]:
        raise CommandRefused("no_key", "Idempotency-Key must be the command's id.", 400)
    command = Command(**{name: str(value) for name, value in fields.items()}, payload=posted["payload"])
    _check_words(command)
    return command


def _check_words(command: Command) -> None:
    if not _is_id(command.line):
        raise CommandRefused("unreadable", "line is a UUID.", 400)
    if not command.msisdn.startswith("+") or not command.msisdn[1:].isdigit():
        raise CommandRefused("unknown_number", "msisdn is no number.")
    if command.kind not in _SAYS:
        raise CommandRefused("unknown_kind", f"kind: one of {', '.join(_SAYS)}.")
    for name, kind in _SAYS[command.kind].items():
        if not isinstance(command.payload.get(name), kind):
            raise CommandRefused("incomplete", f"payload.{name} must be of type {kind.__name__}.")


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def apply(sql: sqlite3.Connection, command: Command) -> bool:
    """Take it in; False when it was known. Raises CommandRefused when its id stands for another one."""
    known = sql.execute("SELECT hash FROM core_commands WHERE id = ?", (command.id,)).fetchone()
    if known:
        if known["hash"] != command.hash:
            raise CommandRefused("key_reused", "This id stands for another command.", 409)
        return False
    sql.execute("INSERT INTO core_commands (id, hash) VALUES (?, ?)", (command.id, command.hash))
    sql.execute(
        "INSERT INTO core_lines (line, msisdn, state) VALUES (?, ?, ?) ON CONFLICT (line) DO UPDATE SET msisdn = excluded.msisdn",
        (command.line, command.msisdn, _UNTOLD),
    )
    if command.kind == "line_set":
        sql.execute("UPDATE core_lines SET state = ? WHERE line = ?", (command.payload["state"], command.line))
    elif command.kind == "sims_set":
        _keep_sims(sql, command.line, command.payload["sims"])
    elif command.kind == "port_set":
        sql.execute(
            "INSERT OR REPLACE INTO core_ports (line, body) VALUES (?, ?)", (command.line, json.dumps(command.payload))
        )
    elif command.kind == "group_set":
        told = (command.line, json.dumps(command.payload))
        sql.execute("INSERT OR REPLACE INTO core_groups (line, body) VALUES (?, ?)", told)
    else:
        sql.execute(
            "INSERT INTO core_periods (period, line, body) VALUES (?, ?, ?)"
            " ON CONFLICT (period) DO UPDATE SET line = excluded.line, body = excluded.body",
            (command.payload["period"], command.line, json.dumps(command.payload)),
        )
    return True


def note_call(sql: sqlite3.Connection, command: Command, *, began_at: float, is_new: bool) -> None:
    sql.execute(
        "INSERT INTO core_calls (command, line, kind, began_at, ended_at, is_new) VALUES (?, ?, ?, ?, ?, ?)",
        (command.id, command.line, command.kind, began_at, time.time(), is_new),
    )


#: SIMs are null where nothing was told of them.
_LINES = """
    SELECT core_lines.*, core_sims.body AS sims FROM core_lines LEFT JOIN core_sims USING (line)
    WHERE line > ? ORDER BY line LIMIT ?"""


def lines(sql: sqlite3.Connection, *, after: str = "", limit: int) -> list[dict[str, Any]]:
    """In the order of their ids, behind `after`."""
    rows = sql.execute(_LINES, (after, limit)).fetchall()
    return [
        {
            "line": row["line"],
            "msisdn": row["msisdn"],
            "state": row["state"],
            "sims": json.loads(row["sims"]) if row["sims"] else None,
            "periods": _periods(sql, row["line"]),
        }
        for row in rows
    ]


def of_number(sql: sqlite3.Connection, msisdn: str) -> list[dict[str, Any]]:
    """`lines` of one number, the one that was told of last at the end."""
    rows = sql.execute("SELECT * FROM core_lines WHERE msisdn = ? ORDER BY rowid", (msisdn,)).fetchall()
    return [
        {
            "line": row["line"],
            "state": row["state"],
            "periods": _periods(sql, row["line"]),
            "is_barred": _is_barred(sql, row["line"]),
            "group": _group(sql, row["line"]),
        }
        for row in rows
    ]


def _is_barred(sql: sqlite3.Connection, line: str) -> bool:
    """Every SIM that was told of is blocked."""
    row = sql.execute("SELECT body FROM core_sims WHERE line = ?", (line,)).fetchone()
    sims = json.loads(row["body"]) if row else []
    return bool(sims) and all(sim.get("is_blocked") for sim in sims)


def calls(sql: sqlite3.Connection, *, limit: int = 5000) -> list[dict[str, Any]]:
    """Oldest first."""
    rows = sql.execute("SELECT * FROM core_calls ORDER BY sequence LIMIT ?", (limit,)).fetchall()
    return [{**dict(row), "is_new": bool(row["is_new"])} for row in rows]


def change(sql: sqlite3.Connection, line: str, wanted: Mapping[str, Any]) -> bool:
    """Somebody else has changed what the core knows of a line: its `state`, its `sims`, fields of a `period`, or it is `forgotten`. False for a
    line nobody knows.
    """
    if sql.execute("SELECT 1 FROM core_lines WHERE line = ?", (line,)).fetchone() is None:
        return False
    if wanted.get("forget"):
        sql.execute("DELETE FROM core_periods WHERE line = ?", (line,))
        sql.execute("DELETE FROM core_sims WHERE line = ?", (line,))
        sql.execute("DELETE FROM core_groups WHERE line = ?", (line,))
        sql.execute("DELETE FROM core_lines WHERE line = ?", (line,))
    if isinstance(wanted.get("state"), str):
        sql.execute("UPDATE core_lines SET state = ? WHERE line = ?", (wanted["state"], line))
    if isinstance(wanted.get("sims"), list):
        _keep_sims(sql, line, wanted["sims"])
    if isinstance(wanted.get("period"), dict):
        for body in _periods(sql, line):
            told = json.dumps({**body, **wanted["period"]})
            sql.execute("UPDATE core_periods SET body = ? WHERE period = ?", (told, body["period"]))
    return True


def clear(sql: sqlite3.Connection) -> None:
    for table in (
        "core_lines",
        "core_sims",
        "core_groups",
        "core_ports",
        "core_profiles",
        "core_periods",
        "core_commands",
        "core_calls",
    ):
        sql.execute(f"DELETE FROM {table}")  # noqa: S608  names of ours


def _keep_sims(sql: sqlite3.Connection, line: str, sims: list[Any]) -> None:
    sql.execute("INSERT OR REPLACE INTO core_sims (line, body) VALUES (?, ?)", (line, json.dumps(sims)))


def _group(sql: sqlite3.Connection, line: str) -> dict[str, Any] | None:
    """Whose data the line may use beside its own; None for nobody's."""
    row = sql.execute("SELECT body FROM core_groups WHERE line = ?", (line,)).fetchone()
    body: dict[str, Any] = json.loads(row["body"]) if row else {}
    return body if body.get("is_member") else None


def _periods(sql: sqlite3.Connection, line: str) -> list[dict[str, Any]]:
    rows = sql.execute("SELECT body FROM core_periods WHERE line = ? ORDER BY period", (line,))
    found: list[dict[str, Any]] = [json.loads(row["body"]) for row in rows.fetchall()]
    return sorted(found, key=lambda body: body["starts_at"])
