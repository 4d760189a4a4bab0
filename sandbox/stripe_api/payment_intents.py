"""The API's PaymentIntents: create, retrieve, update, list, confirm, cancel (docs.stripe.com/api/payment_intents)."""

from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import account, bank_accounts, bank_transfers, documents, intents, payment_methods
from sandbox.stripe_api.amounts import check_amount, check_currency
from sandbox.stripe_api.cards import BY_METHOD
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import ParameterRefusal, Refusal

#: what would change where the money goes or who pays it, and what the sandbox cannot play
_NOT_PLAYED = frozenset({
    "amount_to_confirm", "application_fee_amount", "confirmation_token", "customer_account", "hooks", "mandate",
    "mandate_data", "on_behalf_of", "transfer_data",
})  # fmt: skip
_NOT_CHANGED = frozenset({"capture_method", "currency", "customer", "payment_method", "setup_future_usage"})


def create(desk: Desk, asked: Mapping[str, Any]) -> Document:
    _check_played(asked)
    kept = _kept(desk, asked, asked.get("customer"))
    ways = _ways(desk, asked, kept)
    if "payment_method" in asked and not asked.get("confirm"):
        raise _not_played("payment_method without confirm", "payment_method")
    check_currency(asked["currency"], "currency")
    check_amount(asked["amount"], asked["currency"], "amount")
    if "customer" in asked:
        documents.get(desk.sql, "customer", asked["customer"], param="customer")
    new = intents.NewIntent(
        amount=asked["amount"],
        currency=asked["currency"],
        customer=asked.get("customer"),
        description=asked.get("description"),
        metadata=documents.merged_metadata({}, asked.get("metadata")),
        receipt_email=asked.get("receipt_email"),
        setup_future_usage=asked.get("setup_future_usage"),
        capture_method=asked.get("capture_method", "automatic_async"),
        method_types=ways,
        options={
            way: said for way, said in asked.get("payment_method_options", {}).items() if way != "customer_balance"
        },
    )
    intent = intents.add(desk, new)
    _keep_options(intent, asked)
    documents.save(desk.sql, intent)
    return _confirmed(desk, intent, asked) if asked.get("confirm") else intent


def retrieve(desk: Desk, _asked: Mapping[str, Any], intent_id: str) -> Document:
    return documents.get(desk.sql, "payment_intent", intent_id)


def update(desk: Desk, asked: Mapping[str, Any], intent_id: str) -> Document:
    """Of an intent that has its money only description and metadata may change."""
    _check_played(asked, _NOT_CHANGED)
    intent = documents.get(desk.sql, "payment_intent", intent_id)
    if "metadata" in asked:
        intent["metadata"] = documents.merged_metadata(intent["metadata"], asked["metadata"])
    for name in ("description", "receipt_email"):
        if name in asked:
            intent[name] = asked[name] or None
    if "amount" in asked:
        if intent["status"] not in intents.PAYABLE:
            raise _unexpected(intent, "updated")
        if _waits_for_transfer(intent):
            raise _not_played("amount of a bank transfer that is waited for", "amount")
        check_amount(asked["amount"], intent["currency"], "amount")
        intent["amount"] = asked["amount"]
    return documents.save(desk.sql, intent)


def listed(desk: Desk, asked: Mapping[str, Any]) -> Document:
    wanted = {"customer": asked.get("customer")}
    return documents.page(desk.sql, "payment_intent", "/v1/payment_intents", asked, wanted=wanted)


def confirm(desk: Desk, asked: Mapping[str, Any], intent_id: str) -> Document:
    _check_played(asked)
    return _confirmed(desk, documents.get(desk.sql, "payment_intent", intent_id), asked)


def cancel(desk: Desk, asked: Mapping[str, Any], intent_id: str) -> Document:
    intent = documents.get(desk.sql, "payment_intent", intent_id)
    session = documents.find(desk.sql, "checkout.session", intent["_session"] or "")
    if session and session["status"] == "open":
        raise Refusal(
            "You cannot cancel this PaymentIntent because it was created by Checkout. Expire the Checkout Session instead.",
            code="payment_intent_unexpected_state",
        )
    if intent["status"] not in intents.PAYABLE | {"requires_capture"}:
        raise _unexpected(intent, "canceled")
    cancelled = bank_transfers.cancel if _waits_for_transfer(intent) else intents.cancel
    return cancelled(desk, intent, asked.get("cancellation_reason"))


def capture(desk: Desk, asked: Mapping[str, Any], intent_id: str) -> Document:
    """Take what was set aside, all of it."""
    intent = documents.get(desk.sql, "payment_intent", intent_id)
    for name in sorted(set(asked) - {"expand"}):
        raise _not_played(name, name)
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "captured")
    return intents.capture(desk, intent)


def apply_customer_balance(desk: Desk, asked: Mapping[str, Any], intent_id: str) -> Document:
    return bank_transfers.apply(desk, documents.get(desk.sql, "payment_intent", intent_id), asked)


def _waits_for_transfer(intent: Document) -> bool:
    return intent["status"] == "requires_action" and bank_transfers.is_one(intent)


def _kept(desk: Desk, asked: Mapping[str, Any], customer_id: str | None) -> Document | None:
    """What is charged when it is kept for a customer, and no test card of Stripe's. Raises Refusal."""
    method_id = asked.get("payment_method")
    if method_id is None or method_id in BY_METHOD or not documents.find(desk.sql, payment_methods.KIND, method_id):
        return None
    return payment_methods.of_customer(desk, method_id, customer_id)


def _ways(desk: Desk, asked: Mapping[str, Any], kept: Document | None) -> tuple[str, ...]:
    """The ways of paying a new intent allows, a card when nothing is said. Raises ParameterRefusal."""
    ways = tuple(dict.fromkeys(asked.get("allowed_payment_method_types", [kept["type"] if kept else "card"])))
    param = "allowed_payment_method_types"
    if not ways or not set(ways) <= {"card", "customer_balance"} | ({"paypal"} if kept else set()):
        raise _not_played(param, param)
    if param in asked:
        account.check_active(desk, set(ways) & {"card", "paypal"}, param)
    if "customer_balance" in ways and asked["currency"] not in bank_accounts.TYPES:
        raise ParameterRefusal(
            f"The payment method type customer_balance does not go with the currency {asked['currency']}.", param=param
        )
    options = asked.get("payment_method_options", {}).get("customer_balance")
    if options and "customer_balance" in ways:
        bank_transfers.check(desk, options, asked["currency"])
    return ways


def _check_played(asked: Mapping[str, Any], more: frozenset[str] = frozenset()) -> None:
    """Refuse what the sandbox does not play, rather than to seem to do it. Raises ParameterRefusal."""
    for name in sorted((_NOT_PLAYED | more) & set(asked)):
        raise _not_played(name, name)


def _not_played(what: str, param: str) -> ParameterRefusal:
    return ParameterRefusal(f"The sandbox does not play this {what}.", param=param)


def _confirmed(desk: Desk, intent: Document, asked: Mapping[str, Any]) -> Document:
    if intent["_session"] is not None:
        raise Refusal("This PaymentIntent belongs to a Checkout Session and is confirmed on its page.")
    if intent["status"] not in intents.PAYABLE:
        raise _unexpected(intent, "confirmed")
    _keep_options(intent, asked)
    if kind := asked.get("payment_method_data", {}).get("type"):
        return _transfer(desk, intent, kind)
    if "payment_method" not in asked:
        raise ParameterRefusal(
            "You cannot confirm this PaymentIntent because it's missing a payment method.", param="payment_method"
        )
    card = BY_METHOD.get(asked["payment_method"])
    if kept := _kept(desk, asked, intent["customer"]):
        return _charged_kept(desk, intent, kept, asked)
    if card is None:
        raise Refusal(
            f"No such PaymentMethod: '{asked['payment_method']}'; the sandbox knows {', '.join(BY_METHOD)}.",
            code="resource_missing",
            param="payment_method",
        )
    account.check_active(desk, ["card"], "payment_method")
    intents.charge_card(desk, intent, card)
    if asked.get("off_session") and intent["status"] == "requires_action":
        intents.decline_it(desk, intent, intents.AUTHENTICATION_REQUIRED)
    return _told(intent)


def _charged_kept(desk: Desk, intent: Document, kept: Document, asked: Mapping[str, Any]) -> Document:
    """Charge what the customer has left with us. Raises Refusal."""
    if kept["type"] not in intent["payment_method_types"]:
        raise Refusal(
            f"The PaymentMethod provided ({kept['type']}) is not allowed for this PaymentIntent.",
            param="payment_method",
        )
    account.check_active(desk, [kept["type"]], "payment_method")
    intents.charge_kept(desk, intent, kept, is_away=bool(asked.get("off_session")))
    return _told(intent)


def _told(intent: Document) -> Document:
    """The intent, or its decline as the error that answers the request. Raises Refusal."""
    if error := intent["last_payment_error"]:
        extra = {name: value for name, value in error.items() if name not in {"type", "code", "message"}}
        extra["payment_intent"] = documents.shown(intent)
        raise Refusal(
            error["message"], status=402, kind="card_error", code=error["code"], keeps_effects=True, extra=extra
        )
    return intent


def _keep_options(intent: Document, asked: Mapping[str, Any]) -> None:
    """What is said of a bank transfer; options of other ways of paying change nothing here."""
    options = asked.get("payment_method_options") or {}
    if options.get("customer_balance") and "customer_balance" in intent["payment_method_types"]:
        intent["payment_method_options"]["customer_balance"] = options["customer_balance"]


def _transfer(desk: Desk, intent: Document, kind: str) -> Document:
    """Confirm by `payment_method_data`, which is played for bank transfers only. Raises Refusal."""
    if kind != "customer_balance":
        raise _not_played("payment_method_data[type]", "payment_method_data[type]")
    if kind not in intent["payment_method_types"]:
        raise Refusal(
            f"The payment method type {kind} is not allowed for this PaymentIntent; allowed are "
            f"{', '.join(intent['payment_method_types'])}.",
            param="payment_method_data[type]",
        )
    return bank_transfers.begin(desk, intent)


def _unexpected(intent: Document, deed: str) -> Refusal:
    return Refusal(
        f"This PaymentIntent's status is {intent['status']}, so it cannot be {deed}.",
        code="payment_intent_unexpected_state",
        extra={"payment_intent": documents.shown(intent)},
    )
