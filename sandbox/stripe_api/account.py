"""The account itself: which ways of paying are switched on (docs.stripe.com/api/accounts)."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.stripe_api import documents, events
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import ParameterRefusal, Refusal

ACCOUNT_ID = "acct_1Sandbox"
STATES = ("active", "inactive", "pending")
#: way of paying → the capability it needs
CAPABILITIES = {
    "card": "card_payments",
    "paypal": "paypal_payments",
    "eu_bank_transfer": "sepa_bank_transfer_payments",
    "gb_bank_transfer": "gb_bank_transfer_payments",
    "us_bank_transfer": "us_bank_transfer_payments",
    "jp_bank_transfer": "jp_bank_transfer_payments",
    "mx_bank_transfer": "mx_bank_transfer_payments",
}


def retrieve(desk: Desk, _asked: Mapping[str, Any]) -> Document:
    return current(desk)


def current(desk: Desk) -> Document:
    """The account as it is, everything switched on until somebody says otherwise."""
    return documents.find(desk.sql, "account", ACCOUNT_ID) or {
        "id": ACCOUNT_ID,
        "object": "account",
        "capabilities": dict.fromkeys(CAPABILITIES.values(), "active"),
        "charges_enabled": True,
        "country": "DE",
        "created": desk.at,
        "default_currency": "eur",
        "details_submitted": True,
        "email": "sandbox@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "type": "standard",
    }


def change(desk: Desk, wanted: Any) -> Document:
    """Switch capabilities, told as account.updated. Raises Refusal."""
    if not isinstance(wanted, Mapping) or set(wanted) - set(CAPABILITIES.values()):
        raise Refusal(f"Send a JSON object with {', '.join(CAPABILITIES.values())}.")
    if unknown := [state for state in wanted.values() if state not in STATES]:
        raise Refusal(f"{str(unknown[0])[:80]} is none of {', '.join(STATES)}.")
    account = current(desk)
    is_new = documents.find(desk.sql, "account", ACCOUNT_ID) is None
    account["capabilities"] |= wanted
    (documents.add if is_new else documents.save)(desk.sql, account)
    events.tell(desk, "account.updated", account)
    return account


def inactive(desk: Desk, ways: Iterable[str]) -> list[str]:
    """Those of some ways of paying that the account may not use now."""
    capabilities = current(desk)["capabilities"]
    return [way for way in ways if capabilities[CAPABILITIES[way]] != "active"]


def check_active(desk: Desk, ways: Iterable[str], param: str) -> None:
    """Raises ParameterRefusal as Stripe does for a method that is not activated."""
    if off := inactive(desk, ways):
        raise ParameterRefusal(
            f"The payment method type provided: {off[0]} is invalid. Please ensure the provided type is activated "
            "for your account.",
            param=param,
        )
