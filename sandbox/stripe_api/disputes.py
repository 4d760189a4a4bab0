"""Disputes: a payer's bank takes the money back, or asks first (docs.stripe.com/disputes)."""

from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import balance_transactions, documents, events
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal

REASONS = (
    "bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated", "debit_not_authorized",
    "duplicate", "fraudulent", "general", "incorrect_account_details", "insufficient_funds", "noncompliant",
    "product_not_received", "product_unacceptable", "subscription_canceled", "unrecognized",
)  # fmt: skip
#: outcome → the states it may come after
OUTCOMES: Mapping[str, frozenset[str]] = {
    "under_review": frozenset({"needs_response", "warning_needs_response"}),
    "won": frozenset({"needs_response", "under_review"}),
    "lost": frozenset({"needs_response", "under_review"}),
    "warning_closed": frozenset({"warning_needs_response", "warning_under_review"}),
    "escalate": frozenset({"warning_needs_response", "warning_under_review"}),
}
#: the money is gone while one is open or lost; an inquiry takes nothing, and what was won is back
_HOLDS_MONEY = frozenset({"needs_response", "under_review", "lost"})
_RESPOND_WITHIN_SECONDS = 7 * 86400


def retrieve(desk: Desk, _asked: Mapping[str, Any], dispute_id: str) -> Document:
    return documents.get(desk.sql, "dispute", dispute_id)


def listed(desk: Desk, asked: Mapping[str, Any]) -> Document:
    wanted = {name: asked.get(name) for name in ("payment_intent", "charge")}
    return documents.page(desk.sql, "dispute", "/v1/disputes", asked, wanted=wanted)


def open_one(desk: Desk, charge: Document, *, amount: int, reason: str, is_inquiry: bool) -> Document:
    """Somebody disputes a payment; the money leaves at once unless it is an inquiry. Raises Refusal."""
    if charge["payment_method_details"]["type"] == "customer_balance":
        raise Refusal("A bank transfer cannot be disputed.")
    if reason not in REASONS:
        raise Refusal(f"reason must be one of {', '.join(REASONS)}.")
    if not 1 <= amount <= charge["amount"] - held(desk, charge):
        raise Refusal("amount must be a number from 1 to what is not yet disputed of the charge.")
    status = "warning_needs_response" if is_inquiry else "needs_response"
    dispute = documents.add(desk.sql, _dispute(desk, charge, amount, reason, status))
    charge["disputed"] = True
    documents.save(desk.sql, charge)
    events.tell(desk, "charge.dispute.created", dispute)
    return dispute if is_inquiry else _withdraw(desk, dispute)


def end(desk: Desk, dispute: Document, outcome: str) -> Document:
    """Let it go on: see OUTCOMES. Raises Refusal for what cannot follow its present state."""
    if outcome not in OUTCOMES:
        raise Refusal(f"outcome must be one of {', '.join(OUTCOMES)}.")
    if dispute["status"] not in OUTCOMES[outcome]:
        raise Refusal(f"This dispute's status is {dispute['status']}.", status=409)
    if outcome == "escalate":
        _change(desk, dispute, "needs_response", "updated")
        return _withdraw(desk, dispute)
    if outcome == "under_review":
        dispute["evidence_details"] |= {"has_evidence": True, "submission_count": 1, "submission_method": "manual"}
        is_warning = dispute["status"].startswith("warning_")
        return _change(desk, dispute, "warning_under_review" if is_warning else "under_review", "updated")
    if outcome == "won":
        _book(desk, dispute, dispute["amount"], "dispute_reversal", fee=0)
        _change(desk, dispute, "won", "funds_reinstated")
    return _change(desk, dispute, outcome, "closed")


def held(desk: Desk, charge: Document) -> int:
    """How much of a charge its disputes have taken, in minor units."""
    found = documents.matching(desk.sql, "dispute", {"charge": charge["id"]})
    return sum(dispute["amount"] for dispute in found if dispute["status"] in _HOLDS_MONEY)


def _withdraw(desk: Desk, dispute: Document) -> Document:
    _book(desk, dispute, -dispute["amount"], "dispute", fee=desk.fees.dispute_minor)
    return _change(desk, dispute, "needs_response", "funds_withdrawn")


def _book(desk: Desk, dispute: Document, amount: int, category: str, *, fee: int) -> None:
    entry = balance_transactions.add(
        desk, "adjustment", amount, dispute["currency"], dispute["id"],
        fee=fee, fee_for="Dispute fee", category=category,
        description=f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {dispute['charge']}",
    )  # fmt: skip
    dispute["balance_transactions"].append(entry)


def _change(desk: Desk, dispute: Document, status: str, told: str) -> Document:
    dispute |= {"status": status, "is_charge_refundable": status.startswith("warning_")}
    events.tell(desk, f"charge.dispute.{told}", documents.save(desk.sql, dispute))
    return dispute


def _dispute(desk: Desk, charge: Document, amount: int, reason: str, status: str) -> Document:
    return {
        "id": documents.new_id("dispute"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": desk.at,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": desk.at + _RESPOND_WITHIN_SECONDS, "enhanced_eligibility": {}, "has_evidence": False,
            "past_due": False, "submission_count": 0, "submission_method": "not_submitted",
        },
        "is_charge_refundable": status.startswith("warning_"),
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _method(charge, status),
        "reason": reason,
        "status": status,
    }  # fmt: skip


def _method(charge: Document, status: str) -> Document:
    details = charge["payment_method_details"]
    if details["type"] == "paypal":
        return {"type": "paypal", "paypal": {"case_id": "PP-R-SANDBOX", "reason_code": None}}
    kind = "inquiry" if status.startswith("warning_") else "chargeback"
    brand = details["card"]["brand"]
    return {"type": "card", "card": {"brand": brand, "case_type": kind, "network": brand, "network_reason_code": "10"}}
