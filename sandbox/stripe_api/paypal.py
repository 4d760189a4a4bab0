"""PayPal as a way of paying: who pays, and what the API tells of them (docs.stripe.com/payments/paypal)."""

import base64
import hashlib
from dataclasses import dataclass

from sandbox.stripe_api.documents import Document

#: in which PayPal is offered (docs.stripe.com/payments/paypal#supported-currencies)
CURRENCIES = frozenset(
    {"eur", "gbp", "usd", "chf", "czk", "dkk", "nok", "pln", "sek", "aud", "cad", "hkd", "nzd", "sgd"}
)
SOMEBODY = "paypal.payer@example.com"
#: why an attempt failed that the payer broke off on PayPal's page
DECLINED = {
    "code": "payment_method_customer_decline",
    "message": "The customer declined the payment on PayPal's page. Provide a payment method to try again.",
}


@dataclass(frozen=True)
class Payer:
    """Somebody with a PayPal account, told apart by e-mail."""

    email: str = SOMEBODY
    name: str = "PayPal Payer"

    @property
    def id(self) -> str:
        """Thirteen capitals and digits, always the same for one e-mail."""
        return _code(self.email.lower(), 13)

    def details(self, intent_id: str) -> Document:
        """A charge's `payment_method_details`."""
        return {
            "type": "paypal",
            "paypal": {
                "country": "DE", "payer_email": self.email, "payer_id": self.id, "payer_name": self.name,
                "seller_protection": {"dispute_categories": ["fraudulent"], "status": "eligible"},
                "transaction_id": _code(intent_id, 17),
            },
        }  # fmt: skip


def _code(text: str, length: int) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:length]
