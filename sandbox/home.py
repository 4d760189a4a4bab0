"""The sandbox's first page, and the clock that is turned on it."""

from datetime import UTC, datetime

from flask import Blueprint, jsonify, render_template
from werkzeug.wrappers import Response

from sandbox.clock import NotAnOffset
from sandbox.faults import orders
from sandbox.posted import posted
from sandbox.running import running


def blueprint() -> Blueprint:
    """`/` and `/clock`."""
    routes = Blueprint("home", __name__)
    routes.add_url_rule("/", view_func=show)
    routes.add_url_rule("/clock", view_func=tell_time, methods=["GET"])
    routes.add_url_rule("/clock", view_func=turn_clock, methods=["POST"])
    return routes


def show() -> str:
    clock = running().clock
    return render_template(
        "home.html",
        faults=len(orders.in_force(running().books.reading())),
        offset_seconds=clock.offset_seconds,
        moment=datetime.fromtimestamp(clock.now(), UTC),
    )


def tell_time() -> Response:
    clock = running().clock
    return jsonify(offset_seconds=clock.offset_seconds, now=clock.now())


def turn_clock() -> tuple[Response, int]:
    asked = posted()
    try:
        offset = running().clock.turn(asked.get("offset_seconds") if isinstance(asked, dict) else None)
    except NotAnOffset as refusal:
        return jsonify(error=str(refusal)), 422
    return jsonify(offset_seconds=offset), 200
