"""`expand[]`: ids replaced by the objects they name (docs.stripe.com/api/expanding_objects)."""

import sqlite3
from typing import Any

from sandbox.stripe_api import cash_balances, documents, payment_methods
from sandbox.stripe_api.refusals import ParameterRefusal

_DEEPEST = 4
_BOOKED = {"balance_transaction": "balance_transaction"}
#: the kind is told by how the id begins
_BY_ID = "*"
_KINDS = {"ch_": "charge", "re_": "refund", "du_": "dispute", "po_": "payout"}
#: object → field → the kind of object its id names
_EXPANDABLE = {
    "checkout.session": {
        "payment_intent": "payment_intent",
        "setup_intent": "setup_intent",
        "customer": "customer",
        "line_items": "",
    },
    "payment_intent": {"latest_charge": "charge", "customer": "customer", "payment_method": "payment_method"},
    "setup_intent": {"payment_method": "payment_method", "customer": "customer", "mandate": "mandate"},
    "payment_method": {"customer": "customer"},
    "mandate": {"payment_method": "payment_method"},
    "charge": {"payment_intent": "payment_intent", "customer": "customer", "refunds": "", **_BOOKED},
    "customer": {"cash_balance": ""},
    "customer_cash_balance_transaction": {"customer": "customer"},
    "refund": {
        "payment_intent": "payment_intent",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
        **_BOOKED,
    },
    "dispute": {"payment_intent": "payment_intent", "charge": "charge"},
    "payout": {"failure_balance_transaction": "balance_transaction", **_BOOKED},
    "balance_transaction": {"source": _BY_ID},
}


def expand(sql: sqlite3.Connection, document: Any, paths: list[str]) -> None:
    """Expand in place. Raises ParameterRefusal for what cannot be expanded."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST:
            raise ParameterRefusal("You cannot expand more than 4 levels of a property.", param="expand")
        if steps[0] == "data" and document["object"] == "list":
            for part in document["data"]:
                _follow(sql, part, steps[1:], path)
        else:
            _follow(sql, document, steps, path)


def _follow(sql: sqlite3.Connection, document: dict[str, Any], steps: list[str], path: str) -> None:
    if not steps:
        return
    name, *rest = steps
    kinds = _EXPANDABLE.get(document["object"], {})
    if name not in kinds:
        raise ParameterRefusal(f"This property cannot be expanded ({path}).", param="expand")
    if name == "line_items":
        document[name] = document["_line_items"]
    elif name == "cash_balance":
        document[name] = cash_balances.of(sql, document)
    elif name == "refunds":
        document[name] = _refunds(sql, document)
    elif isinstance(document.get(name), str):
        document[name] = _named(sql, document, name, kinds[name])
    if rest and document.get(name) is not None:
        _follow(sql, document[name], rest, path)


def _named(sql: sqlite3.Connection, document: dict[str, Any], name: str, kind: str) -> dict[str, Any]:
    """The object whose id stands there. A way to pay that was used once is in no book, and its intent tells of it."""
    object_id = document[name]
    kind = _KINDS[object_id[:3]] if kind == _BY_ID else kind
    if kind == payment_methods.KIND and document["object"] in {"payment_intent", "setup_intent"}:
        return documents.find(sql, kind, object_id) or payment_methods.used_once(document)
    return documents.get(sql, kind, object_id)


def _refunds(sql: sqlite3.Connection, charge: dict[str, Any]) -> dict[str, Any]:
    found = documents.of_intent(sql, "refund", charge["payment_intent"])[::-1]
    return {"object": "list", "data": found, "has_more": False, "url": f"/v1/charges/{charge['id']}/refunds"}
