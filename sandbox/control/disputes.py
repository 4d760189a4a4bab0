"""What payers' banks do: dispute a payment, and end it one way or the other."""

from flask import jsonify
from werkzeug.wrappers import Response

from sandbox.control.asked import asked, needed
from sandbox.running import running
from sandbox.stripe_api import disputes, documents
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal


def dispute() -> Response:
    """Dispute the `intent` or `charge`: its whole `amount` unless another is said, for a `reason`, or as an `inquiry`."""
    wanted = asked(intent=str, charge=str, amount=int, reason=str, inquiry=bool)
    with running().desk() as desk:
        charge = _charge(desk, wanted.get("intent"), wanted.get("charge"))
        opened = disputes.open_one(
            desk,
            charge,
            amount=wanted["amount"] if "amount" in wanted else charge["amount"],
            reason=wanted.get("reason", "fraudulent"),
            is_inquiry=wanted.get("inquiry", False),
        )
    return _told(opened)


def end_dispute(dispute_id: str) -> Response:
    """`outcome`: under_review, won, lost; of an inquiry warning_closed, or escalate to a dispute."""
    outcome = needed(asked(outcome=str), "outcome")
    with running().desk() as desk:
        ended = disputes.end(desk, documents.get(desk.sql, "dispute", dispute_id), outcome)
    return _told(ended)


def _charge(desk: Desk, intent_id: str | None, charge_id: str | None) -> Document:
    """Raises Refusal."""
    if (intent_id is None) == (charge_id is None):
        raise Refusal("Say which payment: intent or charge.")
    if intent_id:
        charge_id = documents.get(desk.sql, "payment_intent", intent_id)["latest_charge"]
    return documents.get(desk.sql, "charge", charge_id or "")


def _told(dispute: Document) -> Response:
    names = ("id", "status", "amount", "currency", "charge", "payment_intent", "reason")
    told = {name: dispute[name] for name in names}
    return jsonify({"dispute": told.pop("id"), **told})
