"""Who is played and what was handed in, as a page; and the doors by which the portal's demo names players and asks for their past."""

import sqlite3
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response

from sandbox.network import gate, players
from sandbox.network.mediation import as_csv
from sandbox.network.players import NotAPlayer, Player
from sandbox.posted import posted
from sandbox.running import running

_MOST_PLAYERS = 100


def blueprint() -> Blueprint:
    """Everything under /network."""
    routes = Blueprint("network", __name__)
    routes.add_url_rule("/network", view_func=show)
    routes.add_url_rule("/network/players", view_func=name, methods=["POST"])
    routes.add_url_rule("/network/players.json", view_func=listed)
    routes.add_url_rule("/network/past.csv", view_func=past)
    return routes


def name() -> tuple[Response, int]:
    """All of them or none; who was played before is forgotten."""
    wanted: Any = posted()
    named = wanted.get("players") if isinstance(wanted, dict) else None
    if not isinstance(named, list) or len(named) > _MOST_PLAYERS:
        return jsonify(error=f"Send players, a list of at most {_MOST_PLAYERS}."), 400
    try:
        with running().books.writing() as sql:
            players.clear(sql)
            added = [players.add(sql, one).phone.number for one in named]
    except NotAPlayer as refusal:
        return jsonify(error=str(refusal)), 422
    return jsonify(players=added), 201


def listed() -> Response:
    found = players.listed(running().books.reading())
    return jsonify(
        players=[
            {"number": one.phone.number, "habit": one.phone.habit, "handed_until": one.handed_until} for one in found
        ]
    )


def past() -> Response:
    """Everything that was used until the players were named, `?number=` of one: what mediation had handed in before."""
    sql, wanted = running().books.reading(), request.args.get("number")
    found = [
        use
        for player in players.listed(sql)
        if wanted in {None, player.phone.number}
        for _at, use in gate.arriving(player.phone, players.rights(sql, player), after=player.since, until=player.until)
    ]
    answer = make_response(as_csv(found))
    answer.content_type = "text/csv; charset=utf-8"
    return answer


def show() -> str:
    mediation, sql = running().mediation, running().books.reading()
    return render_template(
        "network/list.html",
        players=[(player, _today(sql, player)) for player in players.listed(sql)],
        rounds=[(datetime.fromtimestamp(at, UTC), count, words) for at, count, words in mediation.told],
        latest=[(datetime.fromtimestamp(use.used_at, UTC), use) for use in mediation.latest],
        plays=bool(running().configuration.usage_key),
    )


def _today(sql: sqlite3.Connection, player: Player) -> Counter[str]:
    """What was handed in since the phone's midnight, by unit."""
    local = datetime.fromtimestamp(running().clock.now(), ZoneInfo(player.phone.time_zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    sums: Counter[str] = Counter(data=0, voice=0, texts=0)
    uses = gate.arriving(player.phone, players.rights(sql, player), after=midnight, until=player.handed_until)
    for use in {use for _at, use in uses}:
        sums[use.unit] += use.amount
    return sums
