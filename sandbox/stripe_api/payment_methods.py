"""Cards and PayPal accounts a customer has left with us, and the permission for each (docs.stripe.com/api/payment_methods)."""

from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import documents, events
from sandbox.stripe_api.cards import BY_NUMBER, Card
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal

KIND = "payment_method"


def keep(desk: Desk, intent: Document) -> Document:
    """Keep what `intent` was paid or set up with for its customer, with a mandate. Kept before, it is only found."""
    if known := documents.find(desk.sql, KIND, intent["payment_method"] or ""):
        return known
    mandate_id = documents.new_id("mandate")
    fresh = {"created": desk.at, "customer": intent["customer"], "_mandate": mandate_id}
    method = documents.add(desk.sql, {**used_once(intent), **fresh})
    documents.add(
        desk.sql,
        {
            "id": mandate_id,
            "object": "mandate",
            "created": desk.at,
            "customer_acceptance": {"accepted_at": desk.at, "type": "online", "online": None},
            "livemode": False,
            "multi_use": {},
            "payment_method": method["id"],
            "payment_method_details": {"type": method["type"], method["type"]: {}},
            "status": "active",
            "type": "multi_use",
        },
    )
    events.tell(desk, "payment_method.attached", method)
    return method


def used_once(intent: Document) -> Document:
    """What an intent was paid or set up with, kept for nobody. It is in no list."""
    details = intent["_details"]
    kind = details["type"]
    return {
        "id": intent["payment_method"],
        "object": KIND,
        "allow_redisplay": "limited",
        "billing_details": {
            "address": None, "email": intent.get("_email"), "name": intent.get("_name"), "phone": None, "tax_id": None,
        },
        "created": intent["created"],
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
        kind: {name: details[kind][name] for name in _SHOWN.get(kind, ())},
        "_number": details.get("_number", ""),
    }  # fmt: skip


#: what is told of each kind, of all that a charge tells
_SHOWN: dict[str, tuple[str, ...]] = {
    "card": ("brand", "last4", "country", "exp_month", "exp_year", "fingerprint", "funding", "checks", "wallet"),
    "paypal": ("country", "payer_email", "payer_id"),
}


def card_of(method: Document) -> Card:
    """The test card behind a kept card."""
    return BY_NUMBER[method["_number"]]


def of_customer(desk: Desk, method_id: str, customer_id: str | None) -> Document:
    """A kept way to pay that may be charged for this customer. Raises Refusal."""
    method = documents.get(desk.sql, KIND, method_id, param="payment_method")
    if method["customer"] is None:
        raise Refusal(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was "
            "detached from a Customer. It may not be used again.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )
    if method["customer"] != customer_id:
        raise Refusal(
            f"The customer does not have a payment method with the ID {method_id}.",
            code="resource_missing",
            param="payment_method",
        )
    return method


def retrieve(desk: Desk, _asked: Mapping[str, Any], method_id: str) -> Document:
    return documents.get(desk.sql, KIND, method_id)


def listed(desk: Desk, asked: Mapping[str, Any]) -> Document:
    wanted = {name: asked.get(name) for name in ("customer", "type")}
    return documents.page(desk.sql, KIND, "/v1/payment_methods", asked, wanted=wanted)


def detach(desk: Desk, _asked: Mapping[str, Any], method_id: str) -> Document:
    """Keep it no more. Raises Refusal when it is not kept."""
    method = documents.get(desk.sql, KIND, method_id)
    if method["customer"] is None:
        raise Refusal(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            code="payment_method_unexpected_state",
        )
    before, method["customer"] = method["customer"], None
    documents.save(desk.sql, method)
    event = events.tell(desk, "payment_method.detached", method)
    event["data"]["previous_attributes"] = {"customer": before}
    documents.save(desk.sql, event)
    return method


def mandate(desk: Desk, _asked: Mapping[str, Any], mandate_id: str) -> Document:
    return documents.get(desk.sql, "mandate", mandate_id)


def is_permitted(desk: Desk, method: Document) -> bool:
    return bool(documents.get(desk.sql, "mandate", method["_mandate"])["status"] == "active")


def revoke(desk: Desk, method: Document) -> Document:
    """The payer withdraws the permission at their bank or at PayPal; what is kept stays, and can be charged no more."""
    permission = documents.get(desk.sql, "mandate", method["_mandate"])
    permission["status"] = "inactive"
    events.tell(desk, "mandate.updated", documents.save(desk.sql, permission))
    return permission


def renew_card(desk: Desk, method: Document, *, year: int, month: int) -> Document:
    """The bank has sent the payer a new card; the network tells its date."""
    method["card"] |= {"exp_year": year, "exp_month": month}
    events.tell(desk, "payment_method.automatically_updated", documents.save(desk.sql, method))
    return method
