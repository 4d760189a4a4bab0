"""`/time`: what time it is for everybody, buttons that let it go by, and what came of it."""

from datetime import datetime
from math import ceil
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.posted import posted
from sandbox.running import running
from sandbox.time_page.journey import DAY, HOUR, NotAJourney, next_end
from sandbox.time_page.words import words

_BERLIN = ZoneInfo("Europe/Berlin")
_WAYS = {"hour": HOUR, "day": DAY, "week": 7 * DAY, "month": 30 * DAY}
_JUST_AFTER = 60
_SHOWN = 60


def blueprint() -> Blueprint:
    """Everything under /time."""
    routes = Blueprint("time_page", __name__)
    routes.add_url_rule("/time", view_func=show, methods=["GET"])
    routes.add_url_rule("/time", view_func=press, methods=["POST"])
    routes.add_url_rule("/time/journey.json", view_func=told, methods=["GET"])
    routes.add_url_rule("/time/journey", view_func=begin, methods=["POST"])
    routes.add_url_rule("/time/journey", view_func=stop, methods=["DELETE"])
    return routes


def show() -> Response:
    parts = running()
    said, traveller, now = words(), parts.traveller, parts.clock.now()
    end = next_end(parts.books.reading(), now=now)
    page = render_template(
        "time/page.html",
        words=said,
        language=said["language"],
        now=_there(now),
        offset_seconds=parts.clock.offset_seconds,
        next_end=end and (_there(end[0]), end[1]),
        ways=_WAYS,
        journey=traveller.journey,
        happened=[(_there(one.at), one) for one in list(traveller.happened)[:_SHOWN]],
    )
    answer = make_response(page)
    answer.headers["Content-Language"] = said["language"]
    return answer


def press() -> Response:
    """What a button says; while the clock is moved no other one is."""
    way, traveller = request.form.get("way", ""), running().traveller
    if way == "stop":
        traveller.stop()
    elif seconds := _to_the_next_end() if way == "next" else _WAYS.get(way):
        _set_out(seconds)
    return redirect("/time", 303)


def begin() -> tuple[Response, int]:
    """`{"seconds": 86400}`, or `{"to": "next"}` for the end of the next plan; `step_seconds` where the usual steps do not suit."""
    asked = posted()
    asked = asked if isinstance(asked, dict) else {}
    seconds = _to_the_next_end() if asked.get("to") == "next" else asked.get("seconds")
    if refusal := _set_out(seconds, asked.get("step_seconds")):
        return jsonify(error=refusal), 422
    return jsonify(running().traveller.told(after=2**62)), 202


def stop() -> Response:
    running().traveller.stop()
    return jsonify(running().traveller.told(after=2**62))


def told() -> Response:
    after = request.args.get("after", "")
    return jsonify(running().traveller.told(after=int(after) if after.isascii() and after.isdecimal() else 0))


def _set_out(seconds: object, step_seconds: object = None) -> str:
    """Why not, or nothing."""
    try:
        running().traveller.begin(seconds, step_seconds)
    except NotAJourney as refusal:
        return str(refusal)
    return ""


def _to_the_next_end() -> int:
    """Seconds until just after it; nothing where the core knows of none."""
    now = running().clock.now()
    end = next_end(running().books.reading(), now=now)
    return ceil(end[0] - now) + _JUST_AFTER if end else 0


def _there(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, _BERLIN)
