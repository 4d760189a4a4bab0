"""Charges: the money of a PaymentIntent that succeeded (docs.stripe.com/api/charges)."""

from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import balance_transactions, documents
from sandbox.stripe_api.cards import Card
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document

#: fields that stay null here
_EMPTY = (
    "application", "application_fee", "application_fee_amount", "failure_balance_transaction", "failure_code",
    "failure_message", "on_behalf_of", "receipt_number", "receipt_url", "review", "shipping", "source", "source_transfer",
    "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
)  # fmt: skip


def add(desk: Desk, intent: Document) -> Document:
    """The charge of an intent that has just got its money, or has it set aside."""
    is_captured = intent["status"] != "requires_capture"
    charge_id = documents.new_id("charge")
    charge = documents.add(
        desk.sql,
        {
            "id": charge_id,
            "object": "charge",
            **dict.fromkeys(_EMPTY),
            "amount": intent["amount_received"] if is_captured else intent["amount"],
            "amount_captured": intent["amount_received"],
            "amount_refunded": 0,
            "balance_transaction": None,
            "billing_details": {
                "address": None, "email": intent["receipt_email"] or intent.get("_email"), "name": intent.get("_name"),
                "phone": None, "tax_id": None,
            },
            "calculated_statement_descriptor": "SANDBOX",
            "captured": is_captured,
            "created": desk.at,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "fraud_details": {},
            "livemode": False,
            "metadata": intent["metadata"],
            "outcome": {
                "network_status": "approved_by_network", "reason": None, "risk_level": "normal",
                "seller_message": "Payment complete.", "type": "authorized",
            },
            "paid": True,
            "payment_intent": intent["id"],
            "payment_method": intent["payment_method"],
            "payment_method_details": intent["_details"],
            "receipt_email": intent["receipt_email"],
            "refunded": False,
            "status": "succeeded",
        },
    )  # fmt: skip
    if is_captured:
        charge["balance_transaction"] = balance_transactions.of_charge(desk, charge)["id"]
    return documents.save(desk.sql, charge)


def capture(desk: Desk, intent: Document) -> Document:
    """Money that was set aside is taken."""
    charge = documents.get(desk.sql, "charge", intent["latest_charge"])
    charge |= {"captured": True, "amount_captured": intent["amount_received"]}
    charge["balance_transaction"] = balance_transactions.of_charge(desk, charge)["id"]
    return documents.save(desk.sql, charge)


def method_details(card: Card, expires: tuple[int, int] | None = None) -> Document:
    """What may be known of a card: brand, country, the last four digits and until when (year, month), never the number."""
    year, month = expires or (2034, 12)
    return {
        "_number": card.number,
        "type": "card",
        "card": {
            "brand": card.brand, "last4": card.last4, "country": "DE", "exp_month": month, "exp_year": year,
            "fingerprint": f"sandbox{card.last4}", "funding": "credit", "network": card.brand, "wallet": None,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "three_d_secure": {"result": "authenticated"} if card.outcome == "asks" else None,
        },
    }  # fmt: skip


def retrieve(desk: Desk, _asked: Mapping[str, Any], charge_id: str) -> Document:
    return documents.get(desk.sql, "charge", charge_id)


def listed(desk: Desk, asked: Mapping[str, Any]) -> Document:
    wanted = {name: asked.get(name) for name in ("payment_intent", "customer")}
    return documents.page(desk.sql, "charge", "/v1/charges", asked, wanted=wanted)
