"""Faults over HTTP: ordered, listed, removed."""

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from sandbox.faults import orders
from sandbox.faults.orders import NotAFault
from sandbox.posted import posted
from sandbox.running import running


def blueprint() -> Blueprint:
    """Everything under /faults."""
    routes = Blueprint("faults", __name__)
    routes.add_url_rule("/faults", view_func=order, methods=["POST"])
    routes.add_url_rule("/faults", view_func=listed, methods=["GET"])
    routes.add_url_rule("/faults", view_func=clear, methods=["DELETE"])
    return routes


def order() -> tuple[Response, int]:
    try:
        with running().books.writing() as sql:
            return jsonify(orders.order(sql, posted()).shown()), 201
    except NotAFault as refusal:
        return jsonify(error=str(refusal)), 422


def listed() -> Response:
    return jsonify(faults=[fault.shown() for fault in orders.in_force(running().books.reading())])


def clear() -> Response:
    with running().books.writing() as sql:
        orders.clear(sql)
    return jsonify(faults=[])
