"""The API's refunds: of a payment, whole or in part, or of a customer's cash (docs.stripe.com/api/refunds)."""

from collections.abc import Mapping
from typing import Any

from sandbox.faults import orders
from sandbox.faults.orders import Fault
from sandbox.stripe_api import bank_accounts, cash_balances, disputes, documents, events, giving_back
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.parameters import missing
from sandbox.stripe_api.refusals import ParameterRefusal, Refusal

#: after which neither PayPal nor a bank takes money back for a payment
_REFUNDABLE_SECONDS = 180 * 86400
#: who is asked where the money goes when nobody says their address
_SOMEBODY = "payer@example.com"


def create(desk: Desk, asked: Mapping[str, Any]) -> Document:
    if asked.get("origin") == "customer_balance":
        return _of_cash(desk, asked)
    for name in ("customer", "currency"):
        if name in asked:
            raise ParameterRefusal(f"{name} goes with origin=customer_balance.", param=name)
    charge = _charge(desk, asked)
    amount = _amount(desk, asked, charge)
    fault = _fault(desk, charge["id"], charge["payment_intent"])
    details = charge["payment_method_details"]
    is_transfer = details["type"] == "customer_balance"
    refund = _refund(desk, asked, amount, charge["currency"]) | {
        "charge": charge["id"],
        "payment_intent": charge["payment_intent"],
        "destination_details": _destination(details["type"], charge["currency"]),
        "status": "pending" if fault else "succeeded",
    }
    email = _email_to_ask(desk, asked, charge["customer"]) if is_transfer else None
    if fault and fault.deed == "needs_payer" and not email:
        email = asked.get("instructions_email") or charge["billing_details"]["email"] or _SOMEBODY
    elif fault and fault.deed != "needs_payer":
        email = None  # the bank account is known: the fault alone decides
    giving_back.begin(desk, refund, charge, email)
    return giving_back.settle(desk, refund, is_paid=False) if fault and fault.deed == "fail" else refund


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


def cancel(desk: Desk, _asked: Mapping[str, Any], refund_id: str) -> Document:
    """Only while its payer is asked where the money goes."""
    return giving_back.fail(desk, _asking(desk, refund_id, "canceled"), status="canceled")


def expire(desk: Desk, _asked: Mapping[str, Any], refund_id: str) -> Document:
    """As if the payer had not said in time where the money goes."""
    return giving_back.fail(desk, _asking(desk, refund_id, "expired"))


def _asking(desk: Desk, refund_id: str, deed: str) -> Document:
    refund = documents.get(desk.sql, "refund", refund_id)
    if refund["status"] != "requires_action":
        raise Refusal(f"This refund's status is {refund['status']}, so it cannot be {deed}.")
    return refund


def _of_cash(desk: Desk, asked: Mapping[str, Any]) -> Document:
    """Send a customer's own money back to them. Raises Refusal."""
    for name in ("customer", "amount", "currency"):
        if name not in asked:
            raise missing(name)
    for name in ("charge", "payment_intent"):
        if name in asked:
            raise ParameterRefusal(f"{name} does not go with origin=customer_balance.", param=name)
    documents.get(desk.sql, "customer", asked["customer"], param="customer")
    ready = cash_balances.available(desk, asked["customer"], asked["currency"])
    if asked["amount"] < 1:
        raise _not_positive()
    if asked["amount"] > ready:
        raise Refusal(
            f"Refund amount ({asked['amount']}) is greater than the customer's cash balance ({ready}).",
            code="balance_insufficient",
            param="amount",
        )
    fault = _fault(desk, asked["customer"])
    refund = _refund(desk, asked, asked["amount"], asked["currency"]) | {
        "customer": asked["customer"],
        "destination_details": _destination("customer_balance", asked["currency"]),
        "status": "pending",
    }
    is_asked = fault is None or fault.deed == "needs_payer"
    giving_back.begin(desk, refund, None, _email_to_ask(desk, asked, asked["customer"]) if is_asked else None)
    return giving_back.settle(desk, refund, is_paid=False) if fault and fault.deed == "fail" else refund


def _fault(desk: Desk, *names: str) -> Fault | None:
    """The fault ordered for this refund, used up even where it refuses. Raises Refusal."""
    fault = orders.take(desk.sql, "refund", *names)
    if fault and fault.deed == "refuse":
        raise Refusal("The refund is refused.", code=fault.details["code"], keeps_effects=True)
    return fault


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


def _amount(desk: Desk, asked: Mapping[str, Any], charge: Document) -> int:
    """What is to go back, by default all that is left of it. Raises Refusal."""
    disputed = disputes.held(desk, charge)
    left = charge["amount"] - charge["amount_refunded"] - disputed
    amount: int = asked.get("amount", left)
    if disputed and left <= 0:
        raise Refusal(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0 and charge["amount"] > 0:
        raise Refusal(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise _not_positive()
    if amount > left:
        raise Refusal(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
    if charge["payment_method_details"]["type"] != "card" and desk.at - charge["created"] > _REFUNDABLE_SECONDS:
        raise Refusal(f"Charge {charge['id']} is more than 180 days old and cannot be refunded any more.")
    return amount


def _not_positive() -> ParameterRefusal:
    return ParameterRefusal("Invalid positive integer", code="parameter_invalid_integer", param="amount")


def _email_to_ask(desk: Desk, asked: Mapping[str, Any], customer_id: str) -> str:
    """Whom Stripe writes to. Raises Refusal without an address."""
    email: str | None = asked.get("instructions_email")
    email = email or documents.get(desk.sql, "customer", customer_id)["email"]
    if not email:
        raise Refusal(
            "The customer has no email address to send refund instructions to: provide instructions_email.",
            code="parameter_missing",
            param="instructions_email",
        )
    return email


def _destination(method: str, currency: str) -> Document:
    kind = bank_accounts.TYPES[currency] if method == "customer_balance" else method
    details: Document = {"type": "refund"} if kind == "card" else {"reference": None}
    return {kind: {**details, "reference_status": "pending"}, "type": kind}


def _refund(desk: Desk, asked: Mapping[str, Any], amount: int, currency: str) -> Document:
    return {
        "id": documents.new_id("refund"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": None,
        "created": desk.at,
        "currency": currency,
        "metadata": documents.merged_metadata({}, asked.get("metadata")),
        "next_action": None,
        "payment_intent": None,
        "pending_reason": None,
        "reason": asked.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "transfer_reversal": None,
    }
