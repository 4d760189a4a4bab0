"""The PayPal accounts that shops may charge later, and a button that withdraws the permission."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template
from werkzeug.wrappers import Response

from sandbox.running import running
from sandbox.stripe_api import documents, payment_methods
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document

_MOST_SHOWN = 50


def blueprint() -> Blueprint:
    """Everything under /paypal."""
    routes = Blueprint("permission_page", __name__)
    routes.add_url_rule("/paypal", view_func=show_all)
    routes.add_url_rule("/paypal/<method_id>", view_func=withdraw, methods=["POST"])
    return routes


def show_all() -> Response:
    """Newest first, whatever became of them."""
    with running().looking_desk() as desk:
        found = list(documents.matching(desk.sql, payment_methods.KIND, {"type": "paypal"}))[-_MOST_SHOWN:]
        permissions = [_shown(desk, method) for method in reversed(found)]
    return make_response(render_template("permissions/list.html", permissions=permissions))


def withdraw(method_id: str) -> Response:
    """A second click finds nothing to withdraw."""
    with running().desk() as desk:
        method = documents.find(desk.sql, payment_methods.KIND, method_id)
        if method and method["type"] == "paypal" and payment_methods.is_permitted(desk, method):
            payment_methods.revoke(desk, method)
    return redirect("/paypal", 303)


def _shown(desk: Desk, method: Document) -> dict[str, Any]:
    return {
        "id": method["id"],
        "payer": method["paypal"]["payer_email"],
        "is_kept": method["customer"] is not None,
        "is_permitted": payment_methods.is_permitted(desk, method),
    }
