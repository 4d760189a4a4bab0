"""The inbox: where the portal's channels post, and the page on which people read."""

import re
import sqlite3
import time
from typing import Any

from flask import Blueprint, abort, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.faults import orders
from sandbox.faults.orders import Fault
from sandbox.inbox import messages, replies
from sandbox.inbox.messages import MessageRefused
from sandbox.posted import posted
from sandbox.running import Running, running

_LIMIT, _MOST = 100, 1000
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


def blueprint() -> Blueprint:
    """Everything under /inbox."""
    routes = Blueprint("inbox", __name__)
    routes.add_url_rule("/inbox/messages", view_func=receive, methods=["POST"])
    routes.add_url_rule("/inbox/messages", view_func=clear, methods=["DELETE"])
    routes.add_url_rule("/inbox/messages.json", view_func=listed)
    routes.add_url_rule("/inbox/counts.json", view_func=counted)
    routes.add_url_rule("/inbox", view_func=show)
    routes.add_url_rule("/inbox/<message_id>", view_func=show_one)
    routes.add_url_rule("/inbox/<message_id>/reply", view_func=reply, methods=["POST"])
    routes.add_url_rule("/inbox/<message_id>/html", view_func=show_html)
    return routes


def receive() -> tuple[Response, int]:
    """201 with the id of a new message, 200 with the id of one that is known by its reference."""
    message = posted()
    if not isinstance(message, dict):
        return _said("Send a JSON object.", 400)
    told, status = kept(message)
    return (jsonify(id=told), status) if status < 400 else _said(told, status)


def kept(message: dict[str, Any]) -> tuple[str, int]:
    """The id of what was taken in, or why it was not, with the status that says so."""
    parts = running()
    fault = _fault(parts, message)
    if fault and fault.deed in {"error", "reject"}:
        return "A fault was ordered.", fault.details["status"]
    if fault and fault.deed == "delay":
        time.sleep(fault.details["seconds"])
    try:
        with parts.books.writing() as sql:
            message_id, is_new = messages.take_in(sql, message, received_at=time.time(), clock_at=parts.clock.now())
    except (MessageRefused, sqlite3.IntegrityError) as refusal:
        return str(refusal), 422
    if fault and fault.deed == "timeout_after":
        time.sleep(fault.details["seconds"])
    return message_id, 201 if is_new else 200


def clear() -> Response:
    with running().books.writing() as sql:
        return jsonify(removed=messages.clear(sql))


def listed() -> Response:
    found = messages.listed(running().books.reading(), **_filter(), limit=_wanted())
    return jsonify(messages=[message.to_json() for message in found])


def counted() -> Response:
    return jsonify(messages.counts(running().books.reading(), _filter()["channel"]))


def show() -> str:
    sql = running().books.reading()
    asked = _filter()
    return render_template(
        "inbox/list.html",
        messages=messages.listed(sql, **asked, limit=_LIMIT),
        asked=asked,
        addresses=messages.addresses(sql),
    )


def show_one(message_id: str) -> str:
    return render_template(
        "inbox/one.html", message=_found(message_id), reply_to=_reply_to(message_id), said=request.args.get("said", "")
    )


def reply(message_id: str) -> Response:
    """What its reader writes back goes to the portal as their mail provider would hand it over."""
    message, address = _found(message_id), _reply_to(message_id)
    text = request.form.get("text", "").strip()
    if not address or not text or len(text) > 20_000:
        abort(422)
    status = replies.send(message, to=address, text=text)
    return redirect(f"/inbox/{message_id}?said={'yes' if status == 200 else 'no'}", code=303)


def _reply_to(message_id: str) -> str:
    parts = running()
    return messages.reply_address(parts.books.reading(), message_id) if parts.configuration.reply_key else ""


def show_html(message_id: str) -> Response:
    """An e-mail's own HTML, in a room without scripts, forms or our origin; links open outside of it."""
    html = _found(message_id).html
    html = _HEAD.sub(lambda head: f'{head[0]}<base target="_blank">', html, count=1)
    response = make_response(html)
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "frame-ancestors 'self'"
    )
    return response


def _found(message_id: str) -> messages.Message:
    return messages.find(running().books.reading(), message_id) or abort(404)


def _filter() -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:320] for name in ("to", "channel")}


def _wanted() -> int:
    asked = request.args.get("limit", "")
    return min(int(asked), _MOST) if asked.isascii() and asked.isdecimal() else _MOST


def _fault(parts: Running, message: dict[str, Any]) -> Fault | None:
    """The fault meant for this message: `match` names its channel, address, or both with a blank between."""
    channel, to = str(message.get("channel")), str(message.get("to"))
    with parts.books.writing() as sql:
        return orders.take(sql, "inbox", channel, to, f"{channel} {to}")


def _said(sentence: str, status: int) -> tuple[Response, int]:
    return jsonify(error=sentence), status
