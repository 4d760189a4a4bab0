"""A PaymentIntent's life (docs.stripe.com/payments/paymentintents/lifecycle), whoever drives it: page, API or control."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.faults import orders
from sandbox.stripe_api import charges, documents, events, payment_methods
from sandbox.stripe_api.cards import Card, decline
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.paypal import Payer

#: where another attempt may start
PAYABLE = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})

_NO_CARD_ERRORS = frozenset({"payment_intent_authentication_failure", "payment_method_customer_decline"})

#: fields that are null at first
_EMPTY = (
    "application", "application_fee_amount", "automatic_payment_methods", "canceled_at", "cancellation_reason",
    "last_payment_error", "latest_charge", "next_action", "on_behalf_of", "payment_method", "processing",
    "review", "shipping", "source", "statement_descriptor", "statement_descriptor_suffix", "transfer_data",
    "transfer_group", "_details",
)  # fmt: skip


#: what a new intent says of each way of paying
_OPTIONS: dict[str, Document] = {"card": {"request_three_d_secure": "automatic"}, "paypal": {}, "customer_balance": {}}


@dataclass(frozen=True)
class NewIntent:
    """What a PaymentIntent is made of; `amount` in minor units."""

    amount: int
    currency: str
    customer: str | None = None
    description: str | None = None
    metadata: dict[str, str] | None = None
    receipt_email: str | None = None
    session_id: str | None = None
    setup_future_usage: str | None = None
    capture_method: str = "automatic_async"
    method_types: tuple[str, ...] = ("card",)
    #: of each way of paying, as it was asked for
    options: dict[str, Document] | None = None


def add(desk: Desk, new: NewIntent) -> Document:
    intent_id = documents.new_id("payment_intent")
    intent = documents.add(
        desk.sql,
        {
            "id": intent_id,
            "object": "payment_intent",
            **dict.fromkeys(_EMPTY),
            "amount": new.amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "capture_method": new.capture_method,
            "client_secret": f"{intent_id}_secret_{documents.new_id('request')[4:]}",
            "confirmation_method": "automatic",
            "created": desk.at,
            "currency": new.currency,
            "customer": new.customer,
            "description": new.description,
            "livemode": False,
            "metadata": new.metadata or {},
            "payment_method_options": {
                way: {**_OPTIONS[way], **(new.options or {}).get(way, {})} for way in new.method_types
            },
            "payment_method_types": list(new.method_types),
            "receipt_email": new.receipt_email,
            "setup_future_usage": new.setup_future_usage,
            "status": "requires_payment_method",
            "_session": new.session_id,
        },
    )
    events.tell(desk, "payment_intent.created", intent)
    return intent


def charge_card(desk: Desk, intent: Document, card: Card, expires: tuple[int, int] | None = None) -> Document:
    """Try a card: the intent then is succeeded, processing, requires_capture, requires_action or requires_payment_method."""
    intent |= {
        "_details": charges.method_details(card, expires),
        "payment_method": documents.new_id("payment_method"),
    }
    if card.outcome == "declined":
        return decline_it(desk, intent, decline(card.decline_code))
    if card.outcome == "asks":
        return _ask(desk, intent, "bank")
    return pay(desk, intent)


def charge_kept(desk: Desk, intent: Document, method: Document, *, is_away: bool) -> Document:
    """Try what its customer has left with us; `is_away`: they cannot be asked now."""
    kind = method["type"]
    intent |= {"_details": {"type": kind, kind: {**method[kind], **_OF_CHARGE[kind]}}, "payment_method": method["id"]}
    fault = orders.take(desk.sql, "payment", method["id"], *_names(intent), deeds=frozenset({"decline", "ask"}))
    if not payment_methods.is_permitted(desk, method):
        return decline_it(desk, intent, _NOT_PERMITTED[kind])
    if fault and fault.deed == "decline":
        return decline_it(desk, intent, decline(fault.details["code"], fault.details["advice"]))
    card = payment_methods.card_of(method) if kind == "card" else None
    if card and _is_over(desk, method):
        return decline_it(desk, intent, decline("expired_card"))
    if card and card.outcome == "declined":
        return decline_it(desk, intent, decline(card.decline_code))
    if fault or (card and (card.asks_always or (card.outcome == "asks" and not is_away))):
        return decline_it(desk, intent, AUTHENTICATION_REQUIRED) if is_away else _ask(desk, intent, "bank")
    return pay(desk, intent)


def _is_over(desk: Desk, method: Document) -> bool:
    today = datetime.fromtimestamp(desk.at, UTC)
    return bool((method["card"]["exp_year"], method["card"]["exp_month"]) < (today.year, today.month))


#: what a charge tells beyond what is kept
_OF_CHARGE: dict[str, Document] = {
    "card": {"network": "visa", "three_d_secure": None},
    "paypal": {"payer_name": "PayPal Payer", "seller_protection": None, "transaction_id": None},
}
AUTHENTICATION_REQUIRED = {
    "code": "authentication_required",
    "decline_code": "authentication_required",
    "message": "Your card was declined. This transaction requires authentication.",
}
_NOT_PERMITTED = {
    "card": {
        "code": "card_declined",
        "decline_code": "revocation_of_authorization",
        "advice_code": "do_not_try_again",
        "message": "Your card was declined.",
    },
    "paypal": {
        "code": "payment_method_provider_decline",
        "advice_code": "do_not_try_again",
        "message": "The payer has withdrawn the permission for this payment method.",
    },
}


def ask_paypal(desk: Desk, intent: Document, payer: Payer) -> Document:
    """Lead the payer to PayPal's own page; nothing is paid before they consent there."""
    intent |= {"_details": payer.details(intent["id"]), "payment_method": documents.new_id("payment_method")}
    return _ask(desk, intent, "paypal")


def pay(desk: Desk, intent: Document) -> Document:
    """The bank agreed: the money is there, or on its way when the fault `async` is ordered."""
    if orders.take(desk.sql, "payment", *_names(intent), deeds=frozenset({"async"})):
        intent |= {"status": "processing", "next_action": None, "last_payment_error": None}
        events.tell(desk, "payment_intent.processing", documents.save(desk.sql, intent))
        return intent
    if _is_kept(intent):
        payment_methods.keep(desk, intent)
    if intent["capture_method"] == "manual":
        return _set_aside(desk, intent)
    return succeed(desk, intent)


def _is_kept(intent: Document) -> bool:
    """Whether the payer's way to pay is to be kept for their customer."""
    of_way = intent["payment_method_options"].get(intent["_details"]["type"], {})
    return bool(intent["customer"] and (intent["setup_future_usage"] or of_way.get("setup_future_usage")))


def _set_aside(desk: Desk, intent: Document) -> Document:
    intent |= {
        "status": "requires_capture",
        "amount_capturable": intent["amount"],
        "last_payment_error": None,
        "next_action": None,
    }
    intent["latest_charge"] = charges.add(desk, intent)["id"]
    events.tell(desk, "payment_intent.amount_capturable_updated", documents.save(desk.sql, intent))
    return intent


def capture(desk: Desk, intent: Document) -> Document:
    """Take all that was set aside."""
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "amount_capturable": 0}
    charge = charges.capture(desk, intent)
    documents.save(desk.sql, intent)
    events.tell(desk, "charge.captured", charge)
    events.tell(desk, "payment_intent.succeeded", intent)
    return intent


def succeed(desk: Desk, intent: Document) -> Document:
    """Book the money as the faults of kind `amount` and `currency` have it."""
    if fault := orders.take(desk.sql, "payment", *_names(intent), deeds=frozenset({"amount"})):
        intent["amount"] = fault.details["amount"]
    if fault := orders.take(desk.sql, "payment", *_names(intent), deeds=frozenset({"currency"})):
        intent["currency"] = fault.details["currency"]
    intent |= {
        "status": "succeeded", "amount_received": intent["amount"], "last_payment_error": None, "next_action": None,
        "canceled_at": None, "cancellation_reason": None,
    }  # fmt: skip
    charge = charges.add(desk, intent)
    intent["latest_charge"] = charge["id"]
    documents.save(desk.sql, intent)
    events.tell(desk, "charge.succeeded", charge)
    events.tell(desk, "payment_intent.succeeded", intent)
    return intent


def decline_it(desk: Desk, intent: Document, why: dict[str, str]) -> Document:
    """The attempt failed and another may follow; `why` as in `cards.decline`."""
    error: dict[str, Any] = {
        "type": "invalid_request_error" if why["code"] in _NO_CARD_ERRORS else "card_error",
        **why,
        "doc_url": f"https://stripe.com/docs/error-codes/{why['code'].replace('_', '-')}",
        "payment_method": {
            "id": intent["payment_method"], "object": "payment_method", "created": desk.at, "livemode": False,
            "metadata": {}, **intent["_details"],
        },
    }  # fmt: skip
    intent |= {
        "status": "requires_payment_method", "last_payment_error": error, "payment_method": None, "next_action": None,
        "processing": None,
    }  # fmt: skip
    events.tell(desk, "payment_intent.payment_failed", documents.save(desk.sql, intent))
    return intent


def cancel(desk: Desk, intent: Document, reason: str | None) -> Document:
    intent |= {
        "status": "canceled",
        "canceled_at": desk.at,
        "cancellation_reason": reason,
        "next_action": None,
        "amount_capturable": 0,
    }
    events.tell(desk, "payment_intent.canceled", documents.save(desk.sql, intent))
    return intent


def _ask(desk: Desk, intent: Document, whom: str) -> Document:
    """The bank or PayPal wants to see its customer on a page of its own."""
    page = f"{desk.origin}/pay/{intent['_session'] or intent['id']}/{whom}"
    intent |= {
        "status": "requires_action",
        "last_payment_error": None,
        "next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": page, "return_url": None}},
    }
    events.tell(desk, "payment_intent.requires_action", documents.save(desk.sql, intent))
    return intent


def _names(intent: Document) -> list[str]:
    """What a fault's `match` may name."""
    return [name for name in (intent["id"], intent["_session"], intent["description"]) if name]
