"""Faults as they were ordered: where they strike, what they do, and how often they still do it."""

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

#: place → deed → what may be said of it, with what holds when it is not
DEEDS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "webhook": {
        "drop": {},
        "delay": {"seconds": 5.0},
        "repeat": {"copies": 2},
        "concurrent": {"copies": 2},
        "reorder": {"seconds": 2.0, "together": 2},
    },
    "api": {
        "error": {"status": 500, "after": False, "stored": False},
        "delay": {"seconds": 5.0},
        "timeout_after": {"seconds": 90.0},
        "rate_limit": {},
    },
    "payment": {
        "amount": {"amount": 1},
        "currency": {"currency": "usd"},
        "async": {},
        "decline": {"code": "generic_decline", "advice": ""},
        "ask": {},
    },
    "refund": {"fail": {}, "pending": {}, "needs_payer": {}, "refuse": {"code": "balance_insufficient"}},
    "inbox": {
        "error": {"status": 500},
        "delay": {"seconds": 5.0},
        "timeout_after": {"seconds": 90.0},
        "reject": {"status": 422},
    },
    "core": {
        "error": {"status": 500},
        "delay": {"seconds": 5.0},
        "timeout_after": {"seconds": 90.0},
        "reject": {"status": 422},
    },
    "usage": {"again": {}, "broken": {}, "delay": {"seconds": 5.0}, "reorder": {}},
    "report": {"drop": {}, "delay": {"seconds": 5.0}, "again": {}, "undelivered": {"reason": "30003"}},
}
#: For these `times` is how many copies of a notice are sent; `events` says how many notices are hit.
_COPYING = frozenset({"repeat", "concurrent"})
_LONGEST_SECONDS, _LONGEST_MATCH = 3600, 300
#: the least and the most of each whole number
_RANGES = {"copies": (1, 50), "together": (1, 50), "status": (400, 599), "amount": (0, 99_999_999)}


class NotAFault(ValueError):
    """What is wrong with the order, for whoever gave it."""


@dataclass(frozen=True)
class Fault:
    """One in force. `used`: how often it had struck before."""

    id: int
    place: str
    deed: str
    match: str
    remaining: int
    used: int
    details: dict[str, Any]

    @classmethod
    def of(cls, row: sqlite3.Row) -> "Fault":
        return cls(**{**dict(row), "details": json.loads(row["details"])})

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id, "on": self.place, "do": self.deed, "match": self.match, "remaining": self.remaining,
            "used": self.used, **self.details,
        }  # fmt: skip


def order(sql: sqlite3.Connection, wanted: Any) -> Fault:
    """JSON {on, do, match, times, …} as the README lists it. Raises NotAFault."""
    if not isinstance(wanted, Mapping):
        raise NotAFault("A fault is a JSON object.")
    place, deed = str(wanted.get("on")), str(wanted.get("do"))
    if place not in DEEDS:
        raise NotAFault(f"on: one of {', '.join(DEEDS)}.")
    if deed not in DEEDS[place]:
        raise NotAFault(f"do: one of {', '.join(DEEDS[place])}.")
    given = dict(wanted)
    if deed in _COPYING and "times" in given:
        given["copies"] = given.pop("times")
    times = given.pop("events" if deed in _COPYING else "times", 1)
    if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= 100_000:
        raise NotAFault("times: a whole number from 1.")
    match = given.get("match", "*")
    if not isinstance(match, str) or len(match) > _LONGEST_MATCH:
        raise NotAFault(f"match: a text of at most {_LONGEST_MATCH} characters.")
    details = _details(DEEDS[place][deed], {name: given[name] for name in given if name not in {"on", "do", "match"}})
    row = sql.execute(
        "INSERT INTO faults (place, deed, match, remaining, details) VALUES (?, ?, ?, ?, ?) RETURNING *",
        (place, deed, match, times, json.dumps(details)),
    ).fetchone()
    return Fault.of(row)


def take(sql: sqlite3.Connection, place: str, *names: str | None, deeds: frozenset[str] | None = None) -> Fault | None:
    """The first fault that strikes here, used up by one: its `match` (where `*` is anything) fits one of `names`."""
    for fault in in_force(sql, place):
        is_meant = deeds is None or fault.deed in deeds
        if is_meant and (fault.match == "*" or any(fnmatchcase(name or "", fault.match) for name in names)):
            sql.execute("UPDATE faults SET remaining = remaining - 1, used = used + 1 WHERE id = ?", (fault.id,))
            return fault
    return None


def in_force(sql: sqlite3.Connection, place: str | None = None) -> list[Fault]:
    """Oldest first."""
    rows = sql.execute("SELECT * FROM faults WHERE remaining > 0 AND place = coalesce(?, place) ORDER BY id", (place,))
    return [Fault.of(row) for row in rows.fetchall()]


def clear(sql: sqlite3.Connection) -> None:
    sql.execute("DELETE FROM faults")


def _details(known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Raises NotAFault for what is unknown or of another type."""
    if unknown := sorted(set(given) - set(known)):
        raise NotAFault(f"{', '.join(unknown)}: unknown here; known: {', '.join(known) or 'nothing more'}.")
    return {name: _value(name, usual, given.get(name, usual)) for name, usual in known.items()}


def _value(name: str, usual: Any, value: Any) -> Any:
    if isinstance(usual, float) and isinstance(value, int | float) and not isinstance(value, bool):
        if 0 <= value <= _LONGEST_SECONDS:
            return float(value)
        raise NotAFault(f"{name}: from 0 to {_LONGEST_SECONDS}.")
    if type(value) is not type(usual):
        raise NotAFault(f"{name}: {type(usual).__name__} is wanted.")
    if name in _RANGES and not _RANGES[name][0] <= value <= _RANGES[name][1]:
        raise NotAFault(f"{name}: from {_RANGES[name][0]} to {_RANGES[name][1]}.")
    if name == "advice" and value not in {"", "try_again_later", "confirm_card_data", "do_not_try_again"}:
        raise NotAFault("advice: try_again_later, confirm_card_data, do_not_try_again, or nothing.")
    if name == "code" and not re.fullmatch(r"[a-z_]{1,60}", value):
        raise NotAFault("code: small letters and underscores.")
    if name == "currency" and not re.fullmatch(r"[a-z]{3}", value):
        raise NotAFault("currency: three lower-case letters.")
    return value
