"""A customer's cash balance: money that was transferred and not yet used (docs.stripe.com/api/cash_balance)."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import documents, events
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import unknown_object

_KIND = "customer_cash_balance_transaction"


def retrieve(desk: Desk, _asked: Mapping[str, Any], customer_id: str) -> Document:
    return of(desk.sql, documents.get(desk.sql, "customer", customer_id))


def update(desk: Desk, asked: Mapping[str, Any], customer_id: str) -> Document:
    """Who reconciles from now on; money that lies there stays until the next one comes."""
    customer = documents.get(desk.sql, "customer", customer_id)
    customer["_reconciliation"] = wanted_mode(asked) or customer.get("_reconciliation")
    return of(desk.sql, documents.save(desk.sql, customer))


def transactions(desk: Desk, asked: Mapping[str, Any], customer_id: str) -> Document:
    documents.get(desk.sql, "customer", customer_id)
    url = f"/v1/customers/{customer_id}/cash_balance_transactions"
    return documents.page(desk.sql, _KIND, url, asked, wanted={"customer": customer_id})


def transaction(desk: Desk, _asked: Mapping[str, Any], customer_id: str, transaction_id: str) -> Document:
    found = documents.get(desk.sql, _KIND, transaction_id)
    if found["customer"] != customer_id:
        raise unknown_object(_KIND, transaction_id)
    return found


def wanted_mode(cash_balance: Mapping[str, Any]) -> str | None:
    """`settings[reconciliation_mode]` of a parameter, if it says so."""
    mode: str | None = cash_balance.get("settings", {}).get("reconciliation_mode")
    return mode


def is_automatic(customer: Document) -> bool:
    """Whether the gateway spends transferred money on its own; the account's own choice is that it does."""
    return customer.get("_reconciliation") != "manual"


def of(sql: sqlite3.Connection, customer: Document) -> Document:
    """The object as the API tells it; `available` is null until money came for the first time."""
    rows = sql.execute(
        "SELECT json_extract(body, '$.currency') AS currency, sum(json_extract(body, '$.net_amount')) AS amount"
        " FROM objects WHERE kind = ? AND json_extract(body, '$.customer') = ? GROUP BY 1 ORDER BY 1",
        (_KIND, customer["id"]),
    ).fetchall()
    mode = customer.get("_reconciliation") or "merchant_default"
    return {
        "object": "cash_balance",
        "available": {row["currency"]: row["amount"] for row in rows} or None,
        "customer": customer["id"],
        "customer_account": None,
        "livemode": False,
        "settings": {
            "reconciliation_mode": "automatic" if mode == "merchant_default" else mode,
            "using_merchant_default": mode == "merchant_default",
        },
    }


def available(desk: Desk, customer_id: str, currency: str) -> int:
    """In minor units."""
    customer = documents.get(desk.sql, "customer", customer_id)
    amount: int = (of(desk.sql, customer)["available"] or {}).get(currency, 0)
    return amount


def add(desk: Desk, customer_id: str, currency: str, kind: str, net_amount: int, **details: Document) -> Document:
    """Book one movement, in minor units, and tell it; `details` is the field named after its kind."""
    entry: Document = documents.add(
        desk.sql,
        {
            "id": documents.new_id("cash_balance_transaction"),
            "object": _KIND,
            "created": desk.at,
            "currency": currency,
            "customer": customer_id,
            "customer_account": None,
            "ending_balance": available(desk, customer_id, currency) + net_amount,
            "livemode": False,
            "net_amount": net_amount,
            "type": kind,
            **details,
        },
    )
    events.tell(desk, "customer_cash_balance_transaction.created", entry)
    return entry


def tell_what_is_left(desk: Desk, customer_id: str, currency: str) -> None:
    """Money that nothing used yet is told, so that somebody uses it or sends it back."""
    cash_balance = of(desk.sql, documents.get(desk.sql, "customer", customer_id))
    if (cash_balance["available"] or {}).get(currency, 0) > 0:
        events.tell(desk, "cash_balance.funds_available", cash_balance)
