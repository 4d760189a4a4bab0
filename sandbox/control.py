"""What a test or a curious person may make happen: pay, settle, deliver again, age keys, look at what was said."""

from typing import Any

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from sandbox.posted import posted
from sandbox.running import running
from sandbox.stripe_api import checkout, deliveries, documents, idempotency, refunds
from sandbox.stripe_api.cards import BY_NUMBER
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal

Answer = tuple[Response, int]
_MOST_CALLS = 1000
_LONGEST_SECONDS = 366 * 86400


def blueprint() -> Blueprint:
    """Everything under /control."""
    routes = Blueprint("control", __name__)
    for path, view in (
        ("/control/pay/<session_id>", pay),
        ("/control/settle/<object_id>", settle),
        ("/control/redeliver/<event_id>", redeliver),
        ("/control/idempotency/age", age),
    ):
        routes.add_url_rule(path, view_func=view, methods=["POST"])
    routes.add_url_rule("/control/deliveries", view_func=list_deliveries)
    routes.add_url_rule("/control/calls", view_func=list_calls)
    routes.register_error_handler(Refusal, _refused)
    return routes


def pay(session_id: str) -> Answer:
    """Pay without the page: `card`, `bank` (approve or fail, where it asks), `force` (after the session expired)."""
    asked = _asked(card=str, bank=str, force=bool)
    card = BY_NUMBER.get(asked.get("card", "4242424242424242").replace(" ", ""))
    if card is None:
        raise Refusal(f"card must be one of {', '.join(BY_NUMBER)}.")
    with running().desk() as desk:
        session = checkout.current(desk, session_id)
        is_late = session["status"] == "expired" and asked.get("force")
        if session["status"] != "open" and not is_late:
            raise Refusal(f"The session is {session['status']}.", status=409)
        intent = checkout.pay(desk, session, card)
        if intent["status"] == "requires_action" and "bank" in asked:
            intent = checkout.answer_bank(desk, session, is_approved=asked["bank"] == "approve")
    return jsonify(_told(session, intent)), 200


def settle(object_id: str) -> Answer:
    """Decide a PaymentIntent that is processing, or a refund: `outcome` is succeed or fail."""
    outcome = _asked(outcome=str).get("outcome")
    if outcome not in {"succeed", "fail"}:
        raise Refusal("outcome must be succeed or fail.")
    with running().desk() as desk:
        if object_id.startswith("re_"):
            refund = refunds.settle(desk, documents.get(desk.sql, "refund", object_id), is_paid=outcome == "succeed")
            return jsonify(refund=refund["id"], status=refund["status"]), 200
        intent = documents.get(desk.sql, "payment_intent", object_id)
        checkout.settle(desk, intent, is_paid=outcome == "succeed")
        return jsonify(payment_intent=intent["id"], status=intent["status"]), 200


def redeliver(event_id: str) -> Answer:
    """Send an event once more, or `copies` times at once."""
    copies = _asked(copies=int).get("copies", 1)
    if not 1 <= copies <= 200:
        raise Refusal("copies must be a number from 1 to 200.")
    with running().desk() as desk:
        deliveries.again(desk.sql, documents.get(desk.sql, "event", event_id), copies=copies)
    return jsonify(event=event_id, copies=copies), 202


def age() -> Answer:
    """Make every idempotency key `seconds` older (a day by default), so that Stripe's forgetting can be tried."""
    seconds = _asked(seconds=int).get("seconds", idempotency.FORGOTTEN_AFTER_SECONDS)
    if not 0 <= seconds <= _LONGEST_SECONDS:
        raise Refusal("seconds must be a number from 0 to a year.")
    with running().books.writing() as sql:
        return jsonify(aged=idempotency.age(sql, seconds)), 200


def list_deliveries() -> Response:
    found = deliveries.listed(running().books.reading(), event_id=request.args.get("event"))
    return jsonify(deliveries=found)


def list_calls() -> Response:
    """Requests to the API, newest first: what the portal asked, and what it was answered."""
    rows = running().books.reading().execute("SELECT * FROM calls ORDER BY id DESC LIMIT ?", (_MOST_CALLS,))
    return jsonify(calls=[{**dict(row), "is_replay": bool(row["is_replay"])} for row in rows])


def _told(session: Document, intent: Document) -> dict[str, Any]:
    return {
        "session": session["id"],
        "status": session["status"],
        "payment_status": session["payment_status"],
        "payment_intent": intent["id"],
        "intent_status": intent["status"],
    }


def _asked(**kinds: type) -> dict[str, Any]:
    """The JSON body, or nothing, with each field of its kind. Raises Refusal."""
    body = posted() if request.get_data() else {}
    if not isinstance(body, dict) or set(body) - set(kinds):
        raise Refusal(f"Send a JSON object with {', '.join(kinds)}.")
    for name, value in body.items():
        if not isinstance(value, kinds[name]) or (kinds[name] is int and isinstance(value, bool)):
            raise Refusal(f"{name} must be of type {kinds[name].__name__}.")
    return body


def _refused(refusal: Refusal) -> Answer:
    return jsonify(error=str(refusal)), refusal.status
