"""The list of refunds whose payers are asked for a bank account, and the form each of them finds."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.control.money_back import SAMPLE_IBAN
from sandbox.pay_page.prices import price
from sandbox.pay_page.words import ENGLISH
from sandbox.running import running
from sandbox.stripe_api import documents, giving_back
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal

_MOST_SHOWN = 50
#: how long the bank takes after somebody typed their account here
_ARRIVES_SECONDS = 10


def blueprint() -> Blueprint:
    """Everything under /refunds."""
    routes = Blueprint("refund_page", __name__)
    routes.add_url_rule("/refunds", view_func=show_all)
    routes.add_url_rule("/refunds/<refund_id>", view_func=show, methods=["GET"])
    routes.add_url_rule("/refunds/<refund_id>", view_func=take, methods=["POST"])
    return routes


def show_all() -> Response:
    """Newest first, whatever became of them."""
    found = documents.every(running().books.reading(), "refund", limit=_MOST_SHOWN)
    return make_response(render_template("refunds/list.html", refunds=[_shown(refund) for refund in found]))


def show(refund_id: str) -> Response:
    return _page(documents.find(running().books.reading(), "refund", refund_id))


def take(refund_id: str) -> Response:
    """An IBAN starts the refund; a second one finds nothing asked any more."""
    iban = request.form.get("iban", "")[:60]
    with running().desk() as desk:
        refund = documents.find(desk.sql, "refund", refund_id)
        if refund is None or refund["status"] != "requires_action":
            return redirect(f"/refunds/{refund_id}", 303)
        try:
            giving_back.take_details(desk, refund, iban, arrives_at=desk.at + _ARRIVES_SECONDS)
        except Refusal:
            return _page(refund, typed=iban, status=422)
    return redirect(f"/refunds/{refund_id}", 303)


def _page(refund: Document | None, *, typed: str = "", status: int = 200) -> Response:
    shown = _shown(refund) if refund else None
    page = render_template("refunds/one.html", refund=shown, typed=typed, is_wrong=status == 422, sample=SAMPLE_IBAN)
    return make_response(page, status if refund else 404)


def _shown(refund: Document) -> dict[str, Any]:
    return {
        "id": refund["id"],
        "sum": price(refund["amount"], refund["currency"], ENGLISH),
        "status": refund["status"],
        "email": refund.get("instructions_email") or "",
        "is_asked": refund["status"] == "requires_action",
    }
