"""A refund's life: on its way, waiting for the payer's bank account, arrived, failed (docs.stripe.com/refunds)."""

from sandbox.stripe_api import balance_transactions, bank_accounts, cash_balances, documents, events
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal

#: how long a payer has to say where the money goes (docs.stripe.com/payments/customer-balance/refunding)
DETAILS_WITHIN_SECONDS = 45 * 86400


def begin(desk: Desk, refund: Document, charge: Document | None, email: str | None) -> Document:
    """Take the money from the payment, or from the customer's cash; with an `email` its payer is asked where it goes."""
    if email:
        refund |= _asking(desk, email)
    documents.add(desk.sql, refund)
    if charge is None:
        cash_balances.add(desk, refund["customer"], refund["currency"], "return_initiated", -refund["amount"])
    else:
        refund["balance_transaction"] = balance_transactions.of_refund(desk, refund, charge)["id"]
        documents.save(desk.sql, refund)
        _move(desk, charge, refund["amount"])
    events.tell(desk, "refund.created", refund)
    if charge is not None:
        events.tell(desk, "charge.refunded", charge)
    if refund["status"] == "succeeded":
        events.tell(desk, "refund.updated", refund)
    return refund


def take_details(desk: Desk, refund: Document, iban: str, *, arrives_at: int | None = None) -> Document:
    """The payer says where the money goes: it is on its way until it is settled, or until it arrives. Raises Refusal."""
    if refund["status"] != "requires_action":
        raise Refusal(f"This refund's status is {refund['status']}: nothing is asked of its payer.", status=409)
    if not bank_accounts.is_iban(iban):
        raise Refusal("This is no IBAN: its check digits are wrong.")
    refund |= {"status": "pending", "pending_reason": "processing", "next_action": None, "_arrives_at": arrives_at}
    events.tell(desk, "refund.updated", documents.save(desk.sql, refund))
    return refund


def settle(desk: Desk, refund: Document, *, is_paid: bool) -> Document:
    """A refund reaches its payer, or comes back even weeks later. Raises Refusal."""
    if refund["status"] not in {"pending", "succeeded"}:
        raise Refusal(f"This refund's status is {refund['status']}.")
    if not is_paid:
        return fail(desk, refund)
    refund |= {"status": "succeeded", "pending_reason": None, "_arrives_at": None}
    events.tell(desk, "refund.updated", documents.save(desk.sql, refund))
    return refund


def settle_due(desk: Desk) -> int:
    """Let every refund arrive whose time has come; how many."""
    due = [
        refund
        for refund in documents.matching(desk.sql, "refund", {"status": "pending"})
        if (refund.get("_arrives_at") or desk.at + 1) <= desk.at
    ]
    for refund in due:
        settle(desk, refund, is_paid=True)
    return len(due)


def fail(desk: Desk, refund: Document, *, status: str = "failed") -> Document:
    """The money comes back: to the payment, or to the customer's cash where it was transferred."""
    is_cancelled = status == "canceled"
    refund |= {"status": status, "pending_reason": None, "next_action": None, "_arrives_at": None}
    charge = documents.find(desk.sql, "charge", refund["charge"] or "")
    method = charge["payment_method_details"]["type"] if charge else "customer_balance"
    if not is_cancelled:
        refund["failure_reason"] = "expired_or_canceled_card" if method == "card" else "unknown"
    if charge is not None and method != "customer_balance":
        refund["failure_balance_transaction"] = balance_transactions.of_failure(desk, refund, charge)["id"]
        _move(desk, charge, -refund["amount"])
    documents.save(desk.sql, refund)
    if method == "customer_balance":
        _to_cash(desk, refund, charge)
    events.tell(desk, "refund.updated", refund)
    if not is_cancelled:
        events.tell(desk, "refund.failed", refund)
    return refund


def _to_cash(desk: Desk, refund: Document, charge: Document | None) -> None:
    """What could not be sent to a bank is the customer's cash again; the payment stays refunded."""
    customer = charge["customer"] if charge else refund["customer"]
    kind, details = "return_canceled", {}
    if charge:
        kind, details = "refunded_from_payment", {"refunded_from_payment": {"refund": refund["id"]}}
    cash_balances.add(desk, customer, refund["currency"], kind, refund["amount"], **details)
    cash_balances.tell_what_is_left(desk, customer, refund["currency"])


def _asking(desk: Desk, email: str) -> Document:
    return {
        "status": "requires_action",
        "instructions_email": email,
        "next_action": {
            "type": "display_details",
            "display_details": {
                "email_sent": {"email_sent_at": desk.at, "email_sent_to": email},
                "expires_at": desk.at + DETAILS_WITHIN_SECONDS,
            },
        },
    }


def _move(desk: Desk, charge: Document, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    documents.save(desk.sql, charge)
