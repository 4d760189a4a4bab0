"""The core's API as docs/provisioning.md has it, and the page on which people see what it knows."""

import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.core import book, stock
from sandbox.core.book import CommandRefused
from sandbox.faults import orders
from sandbox.faults.orders import Fault
from sandbox.posted import posted
from sandbox.running import running

_SHOWN, _MOST = 100, 1000


def blueprint() -> Blueprint:
    """Everything under /core."""
    routes = Blueprint("core", __name__)
    routes.add_url_rule("/core/commands", view_func=take, methods=["POST"])
    routes.add_url_rule("/core/lines.json", view_func=snapshot)
    routes.add_url_rule("/core/cards/<iccid>.json", view_func=card)
    routes.add_url_rule("/core/profiles", view_func=profile, methods=["POST"])
    routes.add_url_rule("/core/profiles/<order>/install", view_func=install, methods=["POST"])
    routes.add_url_rule("/core/calls.json", view_func=called)
    routes.add_url_rule("/core/lines", view_func=clear, methods=["DELETE"])
    routes.add_url_rule("/core/lines/<line>", view_func=change, methods=["POST"])
    routes.add_url_rule("/core", view_func=show)
    return routes


def take() -> tuple[Response, int]:
    """200 for a command, the first time and each time after; errors with `code`."""
    began_at = time.time()
    if not _is_authorised():
        return _said("unauthorised", "Send Authorization: Bearer and a key.", 401)
    try:
        command = book.checked(posted(), request.headers.get("Idempotency-Key", ""))
    except CommandRefused as refusal:
        return _said(refusal.code, str(refusal), refusal.status)

    def done() -> tuple[Response, int]:
        with running().books.writing() as sql:
            is_new = book.apply(sql, command)
            book.note_call(sql, command, began_at=began_at, is_new=is_new)
        return jsonify(id=command.id, accepted=True), 200

    return _struck(done, command.kind, command.msisdn, f"{command.kind} {command.msisdn}")


def snapshot() -> tuple[Response, int]:
    """A page of lines; `next` is the last one's id while there may be more."""
    if not _is_authorised():
        return _said("unauthorised", "Send Authorization: Bearer and a key.", 401)
    asked = request.args.get("limit", "")
    limit = min(int(asked), _MOST) if asked.isascii() and asked.isdecimal() and int(asked) else _MOST

    def done() -> tuple[Response, int]:
        found = book.lines(running().books.reading(), after=request.args.get("after", ""), limit=limit)
        return jsonify(lines=found, next=found[-1]["line"] if len(found) == limit else None), 200

    return _struck(done, "lines")


def card(iccid: str) -> tuple[Response, int]:
    """A card of the stock; 404 for one that is not the operator's."""
    if not _is_authorised():
        return _said("unauthorised", "Send Authorization: Bearer and a key.", 401)

    def done() -> tuple[Response, int]:
        known = stock.card(running().books.reading(), iccid)
        return (jsonify(known), 200) if known else _said("unknown_card", "No card of ours.", 404)

    return _struck(done, "cards")


def profile() -> tuple[Response, int]:
    """The profile of an order; the same order, the same profile."""
    if not _is_authorised():
        return _said("unauthorised", "Send Authorization: Bearer and a key.", 401)
    body: Any = posted()
    fields = [body.get("id"), body.get("msisdn")] if isinstance(body, dict) else [None]
    if not all(isinstance(one, str) for one in fields) or request.headers.get("Idempotency-Key") != fields[0]:
        return _said("unreadable", "Send id and msisdn, and the id as Idempotency-Key.", 400)

    def done() -> tuple[Response, int]:
        with running().books.writing() as sql:
            return jsonify(stock.reserve(sql, str(fields[0]), str(fields[1]))), 200

    return _struck(done, "profiles")


def install(order: str) -> Response:
    """Somebody's phone loads the profile."""
    with running().books.writing() as sql:
        stock.install(sql, order)
    return redirect("/core", 303)


def called() -> Response:
    return jsonify(calls=book.calls(running().books.reading()))


def clear() -> Response:
    with running().books.writing() as sql:
        book.clear(sql)
    return jsonify(lines=[])


def change(line: str) -> tuple[Response, int]:
    wanted: Any = posted()
    if not isinstance(wanted, dict):
        return _said("unreadable", "Send a JSON object.", 400)
    with running().books.writing() as sql:
        is_known = book.change(sql, line, wanted)
    return (jsonify(line=line), 200) if is_known else _said("unknown_line", "Nobody has told of this line.", 404)


def show() -> str:
    sql = running().books.reading()
    return render_template("core/list.html", lines=book.lines(sql, limit=_SHOWN), profiles=stock.profiles(sql))


def _struck(done: Callable[[], tuple[Response, int]], *names: str) -> tuple[Response, int]:
    """What is done, with what was ordered to go wrong about it."""
    fault = _fault(*names)
    if fault and fault.deed in {"error", "reject"}:
        return _said("ordered", "A fault was ordered.", fault.details["status"])
    if fault and fault.deed == "delay":
        time.sleep(fault.details["seconds"])
    try:
        answer = done()
    except CommandRefused as refusal:
        return _said(refusal.code, str(refusal), refusal.status)
    if fault and fault.deed == "timeout_after":
        time.sleep(fault.details["seconds"])
    return answer


def _fault(*names: str) -> Fault | None:
    with running().books.writing() as sql:
        return orders.take(sql, "core", *names)


def _is_authorised() -> bool:
    return request.authorization is not None and request.authorization.type == "bearer"


def _said(code: str, sentence: str, status: int) -> tuple[Response, int]:
    return jsonify(code=code, error=sentence), status
