"""Books of a sandbox that knew cards only, and no balance transactions: brought up to date when they are opened."""

from dataclasses import replace

from sandbox.stripe_api import balance_transactions, charges, documents
from sandbox.stripe_api.cards import BY_METHOD
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document

_VERSION = 1


def bring_up_to_date(desk: Desk) -> None:
    """Does nothing to books that are."""
    if desk.sql.execute("PRAGMA user_version").fetchone()[0] >= _VERSION:
        return
    for intent in documents.every(desk.sql, "payment_intent", newest_first=False):
        if "_details" not in intent:
            card = BY_METHOD.get(intent.pop("_card", None) or "")
            documents.save(desk.sql, {**intent, "_details": charges.method_details(card) if card else None})
    for charge in documents.every(desk.sql, "charge", newest_first=False):
        if _is_missing(desk, charge, "balance_transaction"):
            entry = balance_transactions.of_charge(replace(desk, at=charge["created"]), charge)
            documents.save(desk.sql, {**charge, "balance_transaction": entry["id"]})
    for refund in documents.every(desk.sql, "refund", newest_first=False):
        if _is_missing(desk, refund, "balance_transaction"):
            documents.save(desk.sql, _booked(replace(desk, at=refund["created"]), refund))
    desk.sql.execute(f"PRAGMA user_version = {_VERSION}")


def _booked(desk: Desk, refund: Document) -> Document:
    charge = documents.get(desk.sql, "charge", refund["charge"])
    refund["balance_transaction"] = balance_transactions.of_refund(desk, refund, charge)["id"]
    if _is_missing(desk, refund, "failure_balance_transaction"):
        back = balance_transactions.of_failure(desk, refund, charge)
        refund["failure_balance_transaction"] = back["id"]
    return refund


def _is_missing(desk: Desk, document: Document, name: str) -> bool:
    """Whether a transaction is named that is in no book."""
    named = document.get(name)
    return isinstance(named, str) and documents.find(desk.sql, balance_transactions.KIND, named) is None
