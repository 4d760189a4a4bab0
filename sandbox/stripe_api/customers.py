"""Customers: create, retrieve, update, list (docs.stripe.com/api/customers)."""

from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import cash_balances, documents
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document

_KEPT = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping")


def create(desk: Desk, asked: Mapping[str, Any]) -> Document:
    return documents.add(
        desk.sql,
        {
            "id": documents.new_id("customer"),
            "object": "customer",
            "balance": 0,
            "created": desk.at,
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "discount": None,
            "invoice_prefix": None,
            "invoice_settings": {"custom_fields": None, "default_payment_method": None, "footer": None},
            "livemode": False,
            "metadata": documents.merged_metadata({}, asked.get("metadata")),
            "tax_exempt": asked.get("tax_exempt") or "none",
            "test_clock": None,
            **{name: asked.get(name) or None for name in _KEPT},
            "_reconciliation": cash_balances.wanted_mode(asked.get("cash_balance", {})),
        },
    )


def retrieve(desk: Desk, _asked: Mapping[str, Any], customer_id: str) -> Document:
    return documents.get(desk.sql, "customer", customer_id)


def update(desk: Desk, asked: Mapping[str, Any], customer_id: str) -> Document:
    customer = documents.get(desk.sql, "customer", customer_id)
    if "metadata" in asked:
        customer["metadata"] = documents.merged_metadata(customer["metadata"], asked["metadata"])
    if mode := cash_balances.wanted_mode(asked.get("cash_balance", {})):
        customer["_reconciliation"] = mode
    customer |= {name: asked[name] or None for name in _KEPT if name in asked}
    return documents.save(desk.sql, customer)


def listed(desk: Desk, asked: Mapping[str, Any]) -> Document:
    return documents.page(desk.sql, "customer", "/v1/customers", asked, wanted={"email": asked.get("email")})
