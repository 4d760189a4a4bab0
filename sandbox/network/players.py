"""Who is played: the phones the portal's demo has named, what their lines may use, and until when everything was handed in."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.core import book
from sandbox.network.gate import Grant, Rights, scale_for
from sandbox.network.habits import HABITS
from sandbox.network.usage import HOUR, Phone

#: The kind of what came from another line.
_GIFT = "gift"


class NotAPlayer(ValueError):
    """What is wrong with it, for whoever named it."""


@dataclass(frozen=True)
class Player:
    """`since`: when the phone was switched on; `until`: the end of what was asked for as its past; `handed_until`: what mediation had until
    then is handed in.
    """

    phone: Phone
    since: int
    until: int
    handed_until: float
    told: tuple[Grant, ...] = ()
    pays_as_it_goes: bool = False


def add(sql: sqlite3.Connection, wanted: Any) -> Player:
    """From JSON as the README lists it; what was known of the number is forgotten. Raises NotAPlayer."""
    player = _read(wanted)
    spans = {"since": player.since, "until": player.until}
    body = {"phone": asdict(player.phone), **spans, "told": [asdict(grant) for grant in player.told]}
    sql.execute(
        "INSERT INTO network_players (number, handed_until, body) VALUES (?, ?, ?)"
        " ON CONFLICT (number) DO UPDATE SET handed_until = excluded.handed_until, body = excluded.body",
        (player.phone.number, player.handed_until, json.dumps({**body, "pays_as_it_goes": player.pays_as_it_goes})),
    )
    return player


def listed(sql: sqlite3.Connection) -> list[Player]:
    rows = sql.execute("SELECT handed_until, body FROM network_players ORDER BY number").fetchall()
    return [_of(json.loads(row["body"]), row["handed_until"]) for row in rows]


def handed(sql: sqlite3.Connection, until: Mapping[str, float]) -> None:
    """Everything of these numbers until then is with the portal."""
    sql.executemany(
        "UPDATE network_players SET handed_until = ? WHERE number = ? AND handed_until < ?",
        [(moment, number, moment) for number, moment in until.items()],
    )


def clear(sql: sqlite3.Connection) -> None:
    sql.execute("DELETE FROM network_players")


def rights(sql: sqlite3.Connection, player: Player) -> Rights:
    """What the core was told, over what was said when the player was named."""
    known = {(grant.unit, grant.starts_at, ""): grant for grant in player.told}
    state = ""
    for line in book.of_number(sql, player.phone.number):
        state = "blocked" if line["is_barred"] else line["state"]
        for period in line["periods"]:
            gift = period["period"] if period["kind"] == _GIFT else ""  # given twice in a second, it is two
            known |= {(grant.unit, grant.starts_at, gift): grant for grant in _grants(period)}
        known |= {(grant.unit, grant.starts_at, "group"): grant for grant in _shared(sql, line["group"])}
    return Rights(tuple(known.values()), state, player.pays_as_it_goes)


def _grants(period: Mapping[str, Any]) -> list[Grant]:
    starts_at, ends_at = (_moment(period[name]) for name in ("starts_at", "ends_at"))
    if period["is_cancelled"]:
        ends_at = starts_at
    return [
        Grant(one["unit"], starts_at, ends_at, one["granted"])
        for one in period["allowances"]
        if not one.get("is_frozen")
    ]


def _shared(sql: sqlite3.Connection, group: Mapping[str, Any] | None) -> list[Grant]:
    """What a member may use of the group: data of the owner's plans up to the cap, from joining on. What others of the group use
    meanwhile is not looked at; the portal knows.
    """
    if group is None or group["is_paused"]:
        return []
    found = []
    for owner in book.of_number(sql, group["owner_msisdn"]):
        for period in owner["periods"]:
            extra = group["extra"] if group["extra"] and group["extra"]["period"] == period["period"] else None
            cap = None if group["cap"] is None else group["cap"] + (extra["amount"] if extra else 0)
            for grant in _grants(period):
                bounds = [bound for bound in (grant.amount, cap) if bound is not None]
                starts_at = max(grant.starts_at, _moment(group["since"]))
                if grant.unit == "data" and period["kind"] == "plan" and starts_at < grant.ends_at:
                    found.append(Grant("data", starts_at, grant.ends_at, min(bounds) if bounds else None))
    return found


def _of(body: dict[str, Any], handed_until: float) -> Player:
    told = tuple(Grant(**grant) for grant in body["told"])
    return Player(Phone(**body["phone"]), body["since"], body["until"], handed_until, told, body["pays_as_it_goes"])


def _read(wanted: Any) -> Player:
    if not isinstance(wanted, Mapping):
        raise NotAPlayer("A player is a JSON object.")
    if wanted.get("habit") not in HABITS:
        raise NotAPlayer(f"habit: one of {', '.join(HABITS)}.")
    try:
        ZoneInfo(str(wanted["time_zone"]))
        since, until = _moment(wanted["since"]), _moment(wanted["until"])
        habit, zone, home = wanted["habit"], str(wanted["time_zone"]), str(wanted["home"])
        phone = Phone(str(wanted["number"]), habit, zone, home, fine_from=until // HOUR)
        told = tuple(
            Grant(str(one["unit"]), _moment(one["starts_at"]), _moment(one["ends_at"]), one["amount"])
            for one in wanted.get("grants", [])
        )
        if share := wanted.get("share"):
            begun = _moment(share["since"])
            scale = scale_for(phone, amount=int(share["data"]), since=begun, until=until)
            phone = replace(phone, data_scale=scale)
    except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
        raise NotAPlayer(f"number, habit, time_zone, home, since, until, grants, share: {error!r}") from error
    return Player(phone, since, until, until, told, bool(wanted.get("pays_as_it_goes")))


def _moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
