"""Refunds: full, partial, never more than was paid (docs.stripe.com/api/refunds)."""

from collections.abc import Mapping
from typing import Any

from sandbox.faults import orders
from sandbox.stripe_api import documents, events
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import ParameterRefusal, Refusal


def create(desk: Desk, asked: Mapping[str, Any]) -> Document:
    charge = _charge(desk, asked)
    left = charge["amount"] - charge["amount_refunded"]
    amount = asked.get("amount", left)
    if left == 0 and charge["amount"] > 0:
        raise Refusal(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise ParameterRefusal("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        raise Refusal(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
    fault = orders.take(desk.sql, "refund", charge["id"], charge["payment_intent"])
    status = "pending" if fault else "succeeded"
    refund = documents.add(desk.sql, _refund(desk, charge, asked, amount, status))
    _move(desk, charge, amount)
    events.tell(desk, "refund.created", refund)
    events.tell(desk, "charge.refunded", charge)
    if fault and fault.deed == "fail":
        settle(desk, refund, is_paid=False)
    elif not fault:
        events.tell(desk, "refund.updated", refund)
    return refund


def retrieve(desk: Desk, _asked: Mapping[str, Any], refund_id: str) -> Document:
    return documents.get(desk.sql, "refund", refund_id)


def update(desk: Desk, asked: Mapping[str, Any], refund_id: str) -> Document:
    refund = documents.get(desk.sql, "refund", refund_id)
    refund["metadata"] = documents.merged_metadata(refund["metadata"], asked.get("metadata"))
    events.tell(desk, "refund.updated", documents.save(desk.sql, refund))
    return refund


def listed(desk: Desk, asked: Mapping[str, Any]) -> Document:
    wanted = {name: asked.get(name) for name in ("payment_intent", "charge")}
    return documents.page(desk.sql, "refund", "/v1/refunds", asked, wanted=wanted)


def settle(desk: Desk, refund: Document, *, is_paid: bool) -> Document:
    """A refund reaches its payer, or comes back even weeks later: then the charge holds the money again. Raises Refusal."""
    if refund["status"] not in {"pending", "succeeded"}:
        raise Refusal(f"This refund's status is {refund['status']}.")
    if is_paid:
        refund["status"] = "succeeded"
    else:
        refund |= {
            "status": "failed",
            "failure_reason": "expired_or_canceled_card",
            "failure_balance_transaction": documents.new_id("balance_transaction"),
        }
        _move(desk, documents.get(desk.sql, "charge", refund["charge"]), -refund["amount"])
    documents.save(desk.sql, refund)
    events.tell(desk, "refund.updated", refund)
    if not is_paid:
        events.tell(desk, "refund.failed", refund)
    return refund


def _charge(desk: Desk, asked: Mapping[str, Any]) -> Document:
    """The charge a refund is asked of. Raises Refusal."""
    if ("charge" in asked) == ("payment_intent" in asked):
        raise ParameterRefusal(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    if "charge" in asked:
        return documents.get(desk.sql, "charge", asked["charge"], param="charge")
    intent = documents.get(desk.sql, "payment_intent", asked["payment_intent"], param="payment_intent")
    charge = documents.find(desk.sql, "charge", intent["latest_charge"] or "")
    if charge is None:
        raise Refusal(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.", param="payment_intent"
        )
    return charge


def _move(desk: Desk, charge: Document, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    documents.save(desk.sql, charge)


def _refund(desk: Desk, charge: Document, asked: Mapping[str, Any], amount: int, status: str) -> Document:
    return {
        "id": documents.new_id("refund"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": documents.new_id("balance_transaction"),
        "charge": charge["id"],
        "created": desk.at,
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund", "reference_status": "pending"}, "type": "card"},
        "metadata": documents.merged_metadata({}, asked.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "reason": asked.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }
