"""The operator's cards and eSIM profiles: free cards by their number, a profile for each order, and the phone that installs one."""

import random
import sqlite3
from typing import Any

#: Every card whose number begins so is in the stock; those that end with 99 are somebody else's.
CARDS = "894900000000000"
ADDRESS = "smdp.refill.example"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def card(sql: sqlite3.Connection, iccid: str) -> dict[str, Any] | None:
    """None for a number of no card of ours."""
    if not (iccid.startswith(CARDS) and iccid.isdecimal() and 18 <= len(iccid) <= 20):
        return None
    told = sql.execute("SELECT 1 FROM core_sims WHERE body LIKE ?", (f'%"{iccid}"%',)).fetchone()
    return {"iccid": iccid, "is_free": told is None and not iccid.endswith("99"), "puk": _digits(iccid, 8)}


def reserve(sql: sqlite3.Connection, order: str, msisdn: str) -> dict[str, Any]:
    """The profile of this order, the same each time."""
    if known := _profile(sql, order):
        return known
    number = sql.execute("SELECT count(*) AS count FROM core_profiles").fetchone()["count"]
    iccid = f"8949009{random.Random(order).randrange(10**12):012}"  # noqa: S311  a stand-in's numbers are no secret
    sql.execute(
        "INSERT INTO core_profiles (profile, msisdn, iccid, matching_id, is_installed) VALUES (?, ?, ?, ?, 0)",
        (order, msisdn, iccid, _matching_id(order, number)),
    )
    return _profile(sql, order) or {}


def install(sql: sqlite3.Connection, order: str) -> bool:
    """A phone has loaded it. False for one that nobody has ordered."""
    return sql.execute("UPDATE core_profiles SET is_installed = 1 WHERE profile = ?", (order,)).rowcount == 1


def profiles(sql: sqlite3.Connection) -> list[dict[str, Any]]:
    """Newest first."""
    rows = sql.execute("SELECT profile, msisdn FROM core_profiles ORDER BY rowid DESC LIMIT 50").fetchall()
    return [{"order": row["profile"], "msisdn": row["msisdn"], **(_profile(sql, row["profile"]) or {})} for row in rows]


def _profile(sql: sqlite3.Connection, order: str) -> dict[str, Any] | None:
    row = sql.execute("SELECT * FROM core_profiles WHERE profile = ?", (order,)).fetchone()
    if row is None:
        return None
    return {
        "iccid": row["iccid"],
        "address": ADDRESS,
        "matching_id": row["matching_id"],
        "confirmation_code": "",
        "puk": _digits(row["iccid"], 8),
        "is_installed": bool(row["is_installed"]),
    }


def _matching_id(order: str, number: int) -> str:
    """As operators have them: groups of letters that nobody confuses."""
    dice = random.Random(f"{order}:{number}")  # noqa: S311
    return "-".join("".join(dice.choices(_LETTERS, k=5)) for _group in range(4))


def _digits(seed: str, count: int) -> str:
    return "".join(random.Random(seed).choices("0123456789", k=count))  # noqa: S311
