"""The API's Checkout Sessions: create, retrieve, list, expire, line items (docs.stripe.com/api/checkout/sessions)."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import account, checkout, documents, paypal, setups
from sandbox.stripe_api.amounts import check_amount, check_currency
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.parameters import missing
from sandbox.stripe_api.refusals import ParameterRefusal, Refusal

#: ways of paying the page offers
_PLAYED_WAYS = frozenset({"card", "paypal"})
_SHORTEST_SECONDS, _LONGEST_SECONDS = 30 * 60, 24 * 3600
#: a request takes a moment to arrive
_ON_THE_WAY_SECONDS = 60
#: plain enough to stand in a header and in the page's policy
_ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?(?:[/?#][!-~]{0,4000})?")
#: what would change the sum or the flow, and what the sandbox cannot play
_NOT_PLAYED = frozenset({"discounts", "invoice_creation", "optional_items", "shipping_options", "subscription_data"})
#: kept as they were given, without an effect on the page
_KEPT = (
    "allow_promotion_codes", "billing_address_collection", "cancel_url", "client_reference_id", "customer",
    "customer_creation", "customer_email", "locale", "submit_type", "success_url",
)  # fmt: skip
#: fields that are null at first
_EMPTY = (
    "after_expiration", "client_secret", "collected_information", "consent", "consent_collection",
    "currency_conversion", "invoice", "payment_intent", "payment_link", "recovered_from", "return_url",
    "setup_intent", "subscription",
)  # fmt: skip


def create(desk: Desk, asked: Mapping[str, Any]) -> Document:
    _check_kind(asked)
    ways = _ways(asked)
    account.check_active(desk, ways, "allowed_payment_method_types")
    if "customer" in asked:
        documents.get(desk.sql, "customer", asked["customer"], param="customer")
    if asked["mode"] == "setup":
        return _setup(desk, asked)
    lines = [_line(desk, line, index) for index, line in enumerate(asked["line_items"])]
    currencies = {line["currency"] for line in lines}
    if len(currencies) > 1:
        raise ParameterRefusal("All line items must have the same currency.", param="line_items")
    total = sum(line["amount_total"] for line in lines)
    check_amount(total, lines[0]["currency"], "line_items")
    if "paypal" in ways and lines[0]["currency"] not in paypal.CURRENCIES:
        raise ParameterRefusal(
            f"The payment method type paypal does not go with the currency {lines[0]['currency']}.",
            param="allowed_payment_method_types",
        )
    return documents.add(desk.sql, _session(desk, asked, lines, total))


def retrieve(desk: Desk, _asked: Mapping[str, Any], session_id: str) -> Document:
    return checkout.current(desk, session_id)


def listed(desk: Desk, asked: Mapping[str, Any]) -> Document:
    details = asked.get("customer_details") or {}
    wanted = {
        **{name: asked.get(name) for name in ("payment_intent", "customer", "status")},
        "customer_details.email": details.get("email"),
    }
    checkout.expire_overdue(desk)
    return documents.page(desk.sql, "checkout.session", "/v1/checkout/sessions", asked, wanted=wanted)


def expire(desk: Desk, _asked: Mapping[str, Any], session_id: str) -> Document:
    session = checkout.current(desk, session_id)
    if session["status"] != "open":
        raise Refusal(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {session['status']}."
        )
    return checkout.expire(desk, session)


def line_items(desk: Desk, _asked: Mapping[str, Any], session_id: str) -> Document:
    items: Document = checkout.current(desk, session_id)["_line_items"]
    return items


def _ways(asked: Mapping[str, Any]) -> list[str]:
    """The ways of paying that are offered, each once: a card when nothing is said."""
    return list(dict.fromkeys(asked.get("allowed_payment_method_types", ["card"])))


def _check_kind(asked: Mapping[str, Any]) -> None:
    """Refuse what the sandbox does not play, rather than to seem to do it. Raises ParameterRefusal."""
    if not asked.get("mode"):
        raise missing("mode")
    is_setup = asked["mode"] == "setup"
    if not asked.get("currency" if is_setup else "line_items"):
        raise missing("currency" if is_setup else "line_items")
    for param, is_played in (
        ("mode", asked["mode"] in {"payment", "setup"}),
        ("line_items", not (is_setup and "line_items" in asked)),
        ("payment_intent_data", not (is_setup and "payment_intent_data" in asked)),
        ("setup_intent_data", is_setup or "setup_intent_data" not in asked),
        ("ui_mode", asked.get("ui_mode", "hosted_page") in {"hosted_page", "hosted"}),
        ("automatic_tax[enabled]", not asked.get("automatic_tax", {}).get("enabled")),
        ("allowed_payment_method_types", bool(_ways(asked)) and set(_ways(asked)) <= _PLAYED_WAYS),
        *((name, False) for name in sorted(_NOT_PLAYED & set(asked))),
    ):
        if not is_played:
            raise ParameterRefusal(f"The sandbox does not play this {param}.", param=param)
    _check_addresses(asked)


def _check_addresses(asked: Mapping[str, Any]) -> None:
    """Who pays, and where they go afterwards. Raises ParameterRefusal."""
    if "customer" in asked and "customer_email" in asked:
        raise ParameterRefusal(
            "You may only specify one of these parameters: customer, customer_email.", code="parameters_exclusive"
        )
    if "success_url" not in asked:
        raise missing("success_url")
    for name in ("success_url", "cancel_url"):
        if name in asked and not _ADDRESS.fullmatch(asked[name]):
            raise ParameterRefusal("Not a valid URL", code="url_invalid", param=name)


def _setup(desk: Desk, asked: Mapping[str, Any]) -> Document:
    check_currency(asked["currency"], "currency")
    session = _session(desk, asked, [], 0)
    session |= {
        "amount_subtotal": None,
        "amount_total": None,
        "currency": asked["currency"],
        "mode": "setup",
        "payment_status": "no_payment_required",
    }
    metadata = documents.merged_metadata({}, asked.get("setup_intent_data", {}).get("metadata"))
    session["setup_intent"] = setups.add(desk, session, metadata=metadata)["id"]
    return documents.add(desk.sql, session)


def _line(desk: Desk, line: Mapping[str, Any], index: int) -> Document:
    """A line item with its sums in minor units. Raises ParameterRefusal."""
    path = f"line_items[{index}]"
    price = line.get("price_data")
    if price is None:
        raise ParameterRefusal("The sandbox keeps no prices: give price_data.", param=f"{path}[price]")
    if "recurring" in price:
        raise ParameterRefusal("Recurring prices do not go with mode=payment.", param=f"{path}[price_data][recurring]")
    for name in ("product_data", "unit_amount"):
        if name not in price:
            raise missing(f"{path}[price_data][{name}]")
    check_currency(price["currency"], f"{path}[price_data][currency]")
    if price["unit_amount"] < 0:
        raise ParameterRefusal(
            "Invalid non-negative integer", code="parameter_invalid_integer", param=f"{path}[price_data][unit_amount]"
        )
    if (quantity := line.get("quantity", 1)) < 1:
        raise ParameterRefusal("Quantity must be at least 1", param=f"{path}[quantity]")
    amount = price["unit_amount"] * quantity
    return {
        "id": documents.new_id("item"), "object": "item", "amount_discount": 0, "amount_subtotal": amount,
        "amount_tax": 0, "amount_total": amount, "currency": price["currency"],
        "description": price["product_data"]["name"], "metadata": {}, "quantity": quantity,
        "price": _price(desk, price),
    }  # fmt: skip


def _price(desk: Desk, price: Mapping[str, Any]) -> Document:
    return {
        "id": documents.new_id("price"), "object": "price", "active": False, "billing_scheme": "per_unit",
        "created": desk.at, "currency": price["currency"], "livemode": False, "metadata": {}, "nickname": None,
        "product": documents.new_id("product"), "recurring": None, "type": "one_time",
        "tax_behavior": price.get("tax_behavior", "unspecified"),
        "unit_amount": price["unit_amount"], "unit_amount_decimal": str(price["unit_amount"]),
    }  # fmt: skip


def _expires_at(desk: Desk, asked: Mapping[str, Any]) -> int:
    expires_at: int = asked.get("expires_at", desk.at + _LONGEST_SECONDS)
    if not _SHORTEST_SECONDS - _ON_THE_WAY_SECONDS <= expires_at - desk.at <= _LONGEST_SECONDS + _ON_THE_WAY_SECONDS:
        raise ParameterRefusal(
            "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return expires_at


def _session(desk: Desk, asked: Mapping[str, Any], lines: list[Document], total: int) -> Document:
    session_id = documents.new_id("checkout.session")
    email = asked.get("customer_email")
    items_url = f"/v1/checkout/sessions/{session_id}/line_items"
    return {
        "id": session_id,
        "object": "checkout.session",
        **dict.fromkeys(_EMPTY),
        **{name: asked.get(name) for name in _KEPT},
        "adaptive_pricing": {"enabled": asked.get("adaptive_pricing", {}).get("enabled", False)},
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": desk.at,
        "currency": lines[0]["currency"] if lines else None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer_details": checkout.payer(email=email) if email else None,
        "expires_at": _expires_at(desk, asked),
        "livemode": False,
        "metadata": documents.merged_metadata({}, asked.get("metadata")),
        "mode": "payment",
        "payment_method_collection": "if_required",
        "allowed_payment_method_types": asked.get("allowed_payment_method_types"),
        "payment_method_types": _ways(asked),
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{desk.origin}/pay/{session_id}",
        "_line_items": {"object": "list", "data": lines, "has_more": False, "url": items_url},
        "_intent_data": asked.get("payment_intent_data", {}),
        "_options": asked.get("payment_method_options", {}),
    }
