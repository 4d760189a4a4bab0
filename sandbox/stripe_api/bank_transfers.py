"""PaymentIntents paid by bank transfer out of a customer's cash balance (docs.stripe.com/payments/bank-transfers)."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import account, bank_accounts, cash_balances, documents, events, intents
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.parameters import missing
from sandbox.stripe_api.refusals import ParameterRefusal, Refusal

_OPTIONS = "payment_method_options[customer_balance]"
_TYPE = f"{_OPTIONS}[bank_transfer][type]"
_COUNTRY = f"{_OPTIONS}[bank_transfer][eu_bank_transfer][country]"
DETAILS = {"type": "customer_balance", "customer_balance": {}}


def is_one(intent: Document) -> bool:
    """Whether somebody was told to transfer money for it."""
    return (intent["_details"] or {}).get("type") == "customer_balance"


def check(desk: Desk, options: Mapping[str, Any], currency: str) -> None:
    """Raises ParameterRefusal for a transfer that cannot be."""
    if options.get("funding_type") != "bank_transfer":
        raise missing(f"{_OPTIONS}[funding_type]")
    transfer = options.get("bank_transfer")
    if transfer is None:
        raise missing(f"{_OPTIONS}[bank_transfer]")
    if "requested_address_types" in transfer:
        param = f"{_OPTIONS}[bank_transfer][requested_address_types]"
        raise ParameterRefusal("The sandbox does not play this requested_address_types.", param=param)
    if transfer["type"] != bank_accounts.TYPES.get(currency):
        raise ParameterRefusal(f"The bank transfer type {transfer['type']} does not go with {currency}.", param=_TYPE)
    account.check_active(desk, [transfer["type"]], _TYPE)
    if transfer["type"] == "eu_bank_transfer":
        if "eu_bank_transfer" not in transfer:
            raise missing(_COUNTRY)
        if transfer["eu_bank_transfer"]["country"] not in bank_accounts.COUNTRIES:
            known = ", ".join(sorted(bank_accounts.COUNTRIES))
            raise ParameterRefusal(f"Invalid country: must be one of {known}", param=_COUNTRY)


def begin(desk: Desk, intent: Document) -> Document:
    """Tell the payer where to transfer the money to; money that lies ready is used where the gateway reconciles."""
    options = intent["payment_method_options"].get("customer_balance", {})
    check(desk, options, intent["currency"])
    if not intent["customer"]:
        raise missing("customer")
    customer = documents.get(desk.sql, "customer", intent["customer"])
    country = options["bank_transfer"].get("eu_bank_transfer", {}).get("country", "DE")
    where = bank_accounts.of(desk, customer["id"], intent["currency"], country)
    intent |= {
        "status": "requires_action", "last_payment_error": None, "payment_method": documents.new_id("payment_method"),
        "_details": DETAILS, "_email": customer["email"], "_name": customer["name"],
        "next_action": {
            "type": "display_bank_transfer_instructions",
            "display_bank_transfer_instructions": {
                "amount_remaining": intent["amount"],
                "currency": intent["currency"],
                "financial_addresses": where["financial_addresses"],
                "hosted_instructions_url": f"{desk.origin}/bank/{intent['id']}",
                "reference": where["reference"],
                "type": where["type"],
            },
        },
    }  # fmt: skip
    documents.save(desk.sql, intent)
    ready = cash_balances.available(desk, customer["id"], intent["currency"])
    if not cash_balances.is_automatic(customer) or ready < intent["amount"]:
        events.tell(desk, "payment_intent.requires_action", intent)
    if cash_balances.is_automatic(customer) and ready > 0:
        _use(desk, intent, min(ready, intent["amount"]))
    return intent


def apply(desk: Desk, intent: Document, asked: Mapping[str, Any]) -> Document:
    """Use some of the customer's money for this intent, by default all that it still lacks. Raises Refusal."""
    if intent["status"] != "requires_action" or not is_one(intent):
        raise Refusal(
            f"This PaymentIntent's status is {intent['status']}, so no customer balance can be applied to it.",
            code="payment_intent_unexpected_state",
            extra={"payment_intent": documents.shown(intent)},
        )
    if asked.get("currency", intent["currency"]) != intent["currency"]:
        raise ParameterRefusal(f"The PaymentIntent's currency is {intent['currency']}.", param="currency")
    amount = asked.get("amount", remaining(intent))
    if amount < 1:
        raise ParameterRefusal("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > remaining(intent):
        raise Refusal(
            f"The amount ({amount}) is greater than what remains of the PaymentIntent ({remaining(intent)}).",
            param="amount",
        )
    ready = cash_balances.available(desk, intent["customer"], intent["currency"])
    if amount > ready:
        raise Refusal(
            f"The customer's cash balance ({ready}) is less than the amount ({amount}).",
            code="balance_insufficient",
            param="amount",
        )
    return _use(desk, intent, amount)


def cancel(desk: Desk, intent: Document, reason: str | None) -> Document:
    """What was already used for it is the customer's again."""
    used = intent["amount"] - remaining(intent)
    intents.cancel(desk, intent, reason)
    if used:
        cash_balances.add(
            desk, intent["customer"], intent["currency"], "unapplied_from_payment", used,
            unapplied_from_payment={"payment_intent": intent["id"]},
        )  # fmt: skip
        reconcile(desk, intent["customer"], intent["currency"])
    return intent


def reconcile(desk: Desk, customer_id: str, currency: str) -> None:
    """In automatic mode the oldest waiting intents get the money, even a part; what is left is told."""
    ready = cash_balances.available(desk, customer_id, currency)
    if cash_balances.is_automatic(documents.get(desk.sql, "customer", customer_id)):
        for intent in waiting(desk.sql, customer=customer_id, currency=currency):
            if ready > 0:
                amount = min(ready, remaining(intent))
                _use(desk, intent, amount)
                ready -= amount
    cash_balances.tell_what_is_left(desk, customer_id, currency)


def waiting(sql: sqlite3.Connection, **wanted: str) -> list[Document]:
    """Intents that wait for a transfer, oldest first; `wanted`: customer, currency."""
    kind = {"next_action.type": "display_bank_transfer_instructions"}
    return list(documents.matching(sql, "payment_intent", {"status": "requires_action", **kind, **wanted}))


def remaining(intent: Document) -> int:
    """What the payer has still to transfer, in minor units."""
    amount: int = intent["next_action"]["display_bank_transfer_instructions"]["amount_remaining"]
    return amount


def _use(desk: Desk, intent: Document, amount: int) -> Document:
    cash_balances.add(
        desk, intent["customer"], intent["currency"], "applied_to_payment", -amount,
        applied_to_payment={"payment_intent": intent["id"]},
    )  # fmt: skip
    intent["next_action"]["display_bank_transfer_instructions"]["amount_remaining"] -= amount
    if remaining(intent) == 0:
        return intents.succeed(desk, intent)
    events.tell(desk, "payment_intent.partially_funded", documents.save(desk.sql, intent))
    return intent
