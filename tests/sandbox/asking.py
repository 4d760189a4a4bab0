"""The API as the tests ask it: by the SDK, or in raw form fields."""

from typing import Any

import stripe
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

KEY = "sk_test_sandbox"
SHOP = "http://localhost:8000"
INTENTS, SESSIONS, REFUNDS = "/v1/payment_intents", "/v1/checkout/sessions", "/v1/refunds"


def sdk(url: str, *, key: str = KEY, retries: int = 0) -> stripe.StripeClient:
    return stripe.StripeClient(key, base_addresses={"api": url}, max_network_retries=retries)


def session_wanted(**changes: Any) -> Any:
    """Parameters of a Checkout Session over 19.99 euros; a change to None leaves one out."""
    wanted = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {"currency": "eur", "unit_amount": 1999, "product_data": {"name": "Month M"}},
            }
        ],
        "success_url": f"{SHOP}/orders/1/?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{SHOP}/orders/1/",
        "customer_email": "anna@example.com",
        **changes,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def intent_wanted(**changes: Any) -> Any:
    return {"amount": 1999, "currency": "eur", **changes}


_TRANSFERS = {
    "gbp": "gb_bank_transfer",
    "usd": "us_bank_transfer",
    "jpy": "jp_bank_transfer",
    "mxn": "mx_bank_transfer",
}


def transfer_wanted(currency: str = "eur", country: str = "DE", **changes: Any) -> Any:
    """Parameters of a PaymentIntent over 1999 minor units by bank transfer; a change to None leaves one out."""
    transfer: dict[str, Any] = {"type": _TRANSFERS.get(currency, "eu_bank_transfer")}
    if currency == "eur":
        transfer["eu_bank_transfer"] = {"country": country}
    wanted = {
        **intent_wanted(currency=currency, confirm=True),
        "allowed_payment_method_types": ["customer_balance"],
        "payment_method_data": {"type": "customer_balance"},
        "payment_method_options": {"customer_balance": {"funding_type": "bank_transfer", "bank_transfer": transfer}},
        **changes,
    }
    return {name: value for name, value in wanted.items() if value is not None}


class Asking:
    """Flask's client with the API key."""

    def __init__(self, http: FlaskClient) -> None:
        self.http = http

    def post(self, path: str, fields: Any = None, *, key: str | None = None, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {KEY}", **more.pop("headers", {})}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.http.post(path, data=fields or {}, headers=headers, **more)

    def get(self, path: str, fields: Any = None, **headers: str) -> TestResponse:
        return self.http.get(path, query_string=fields or {}, headers={"Authorization": f"Bearer {KEY}", **headers})

    def made(self, path: str, fields: Any = None, *, key: str | None = None) -> dict[str, Any]:
        answer = self.post(path, fields, key=key)
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = told(answer)
        return made

    def session(self, **changes: Any) -> dict[str, Any]:
        return self.made(SESSIONS, flat(session_wanted(**changes)))

    def intent(self, **changes: Any) -> dict[str, Any]:
        return self.made(INTENTS, flat(intent_wanted(**changes)))

    def transfer_intent(self, **changes: Any) -> dict[str, Any]:
        return self.made(INTENTS, flat(transfer_wanted(**changes)))

    def pay(self, session_id: str, **how: Any) -> dict[str, Any]:
        answer = self.http.post(f"/control/pay/{session_id}", json=how)
        assert answer.status_code == 200, answer.text
        paid: dict[str, Any] = told(answer)
        return paid

    def fault(self, on: str, do: str, **details: Any) -> TestResponse:
        answer = self.http.post("/faults", json={"on": on, "do": do, **details})
        assert answer.status_code == 201, answer.text
        return answer

    def events(self, **asked: Any) -> list[str]:
        """Types of all events, oldest first."""
        found: list[dict[str, Any]] = told(self.get("/v1/events", {"limit": 100, **asked}))["data"]
        return [event["type"] for event in reversed(found)]


def flat(wanted: Any, path: str = "") -> dict[str, str]:
    """Nested parameters as Stripe's form fields."""
    if isinstance(wanted, dict | list):
        pairs = wanted.items() if isinstance(wanted, dict) else enumerate(wanted)
        return {
            name: text
            for step, value in pairs
            for name, text in flat(value, f"{path}[{step}]" if path else str(step)).items()
        }
    return {path: str(wanted).lower() if isinstance(wanted, bool) else str(wanted)}


def told(answer: TestResponse) -> Any:
    """The JSON of an answer."""
    return answer.json


def refusal(answer: TestResponse) -> tuple[int, str, str | None, str | None]:
    """Status, message, code and parameter of an error."""
    error = told(answer)["error"]
    return answer.status_code, error["message"], error.get("code"), error.get("param")
