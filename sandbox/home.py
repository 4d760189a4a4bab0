"""The sandbox's first page, and the clock that is turned on it."""

from flask import Blueprint, jsonify, render_template, request
from werkzeug.wrappers import Response

from sandbox.clock import NotAnOffset
from sandbox.running import running


def blueprint() -> Blueprint:
    """`/` and `/clock`."""
    routes = Blueprint("home", __name__)
    routes.add_url_rule("/", view_func=show)
    routes.add_url_rule("/clock", view_func=tell_time, methods=["GET"])
    routes.add_url_rule("/clock", view_func=turn_clock, methods=["POST"])
    return routes


def show() -> str:
    return render_template("home.html")


def tell_time() -> Response:
    clock = running().clock
    return jsonify(offset_seconds=clock.offset_seconds, now=clock.now())


def turn_clock() -> tuple[Response, int]:
    posted = request.get_json(silent=True)
    try:
        offset = running().clock.turn(posted.get("offset_seconds") if isinstance(posted, dict) else None)
    except NotAnOffset as refusal:
        return jsonify(error=str(refusal)), 422
    return jsonify(offset_seconds=offset), 200
