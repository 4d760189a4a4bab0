"""Payouts: the account's balance on its way to our bank (docs.stripe.com/api/payouts)."""

from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import balance_transactions, documents, events
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal

_FAILURE = {"failure_code": "account_closed", "failure_message": "The bank account has been closed."}
#: fields that are null at first
_EMPTY = (
    "application_fee", "application_fee_amount", "failure_balance_transaction", "failure_code", "failure_message",
    "original_payout", "payout_method", "reversed_by", "statement_descriptor", "trace_id",
)  # fmt: skip


def retrieve(desk: Desk, _asked: Mapping[str, Any], payout_id: str) -> Document:
    return documents.get(desk.sql, "payout", payout_id)


def listed(desk: Desk, asked: Mapping[str, Any]) -> Document:
    wanted = {name: asked.get(name) for name in ("status", "destination")}
    return documents.page(desk.sql, "payout", "/v1/payouts", asked, wanted=wanted)


def pay_out(desk: Desk, currency: str) -> Document:
    """Send all that is available in a currency; every transaction it takes knows its payout. Raises Refusal."""
    taken = list(balance_transactions.not_paid_out(desk, currency))
    amount = sum(entry["net"] for entry in taken)
    if amount < 1:
        raise Refusal(f"The balance in {currency} is {amount}: there is nothing to pay out.", status=409)
    payout = documents.add(desk.sql, _payout(desk, amount, currency))
    entry = balance_transactions.add(desk, "payout", -amount, currency, payout["id"], description="STRIPE PAYOUT")
    for one in (*taken, entry):
        documents.save(desk.sql, {**one, "_payout": payout["id"]})
    payout["balance_transaction"] = entry["id"]
    events.tell(desk, "payout.created", documents.save(desk.sql, payout))
    payout |= {"status": "paid", "reconciliation_status": "completed"}
    events.tell(desk, "payout.paid", documents.save(desk.sql, payout))
    return payout


def fail(desk: Desk, payout: Document) -> Document:
    """Our bank sends it back, even days later: it is available again. Raises Refusal."""
    if payout["status"] == "failed":
        raise Refusal("This payout's status is failed.", status=409)
    back = balance_transactions.add(
        desk, "payout_failure", payout["amount"], payout["currency"], payout["id"], description="STRIPE PAYOUT FAILURE"
    )
    payout |= {"status": "failed", "failure_balance_transaction": back["id"], **_FAILURE}
    events.tell(desk, "payout.failed", documents.save(desk.sql, payout))
    return payout


def _payout(desk: Desk, amount: int, currency: str) -> Document:
    return {
        "id": documents.new_id("payout"),
        "object": "payout",
        **dict.fromkeys(_EMPTY),
        "amount": amount,
        "arrival_date": desk.at,
        "automatic": True,
        "balance_transaction": None,
        "created": desk.at,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": "ba_1Sandbox",
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "in_progress",
        "source_type": "card",
        "status": "in_transit",
        "type": "bank_account",
    }
