"""Contexts of pages about bank transfers and other ways to pay."""

from datetime import timedelta
from types import SimpleNamespace as Like
from typing import Any

from billing.paying.method_choices import MethodChoice
from billing.paying.transfer_page import details, qr
from lib.money import Money
from tests.look.sample_back import NOW, ORDER

_PAYMENT: Any = Like(
    amount_minor=1500,
    currency="EUR",
    instructions={
        "holder": "Refill Mobile GmbH – Donaudampfschifffahrt",
        "iban": "DE89370400440532013000",
        "bic": "SANDDEXX",
        "reference": "ABCD2345EFGH",
    },
)


def transfer() -> dict[str, Any]:
    """A transfer in euro, of which a part has come."""
    return {
        "place": "orders",
        "order": ORDER,
        "title": "Month 15",
        "due": Money(300, "EUR"),
        "details": details(_PAYMENT, Money(300, "EUR")),
        "qr": qr(_PAYMENT, Money(300, "EUR")),
        "until": NOW + timedelta(days=14),
        "expected": NOW + timedelta(days=2),
        "received": Money(1200, "EUR"),
        "missing": Money(300, "EUR"),
    }


def another_way() -> dict[str, Any]:
    """Three ways, one with a sum that lies ready."""
    rows = [
        ("card", "Card", "", "On our payment provider’s page; there within seconds."),
        ("paypal", "PayPal", "", "You agree at PayPal; there within seconds."),
        ("transfer", "Bank transfer", "€20.00", "€20.00 of your transfers are unused: nothing more to transfer."),
    ]
    methods = [
        MethodChoice(value, title, aside, says, is_chosen=value == "card", is_closed=False)
        for value, title, aside, says in rows
    ]
    return {"place": "orders", "order": ORDER, "title": "Month 15", "form": {}, "methods": methods}
