"""Every movement of the account's balance (docs.stripe.com/api/balance_transactions). All of it is available at once."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.stripe_api import documents
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document

KIND = "balance_transaction"
#: type → reporting category, where it is another word (docs.stripe.com/reports/reporting-categories)
_CATEGORIES = {
    "payment": "charge",
    "payment_refund": "refund",
    "adjustment": "other_adjustment",
    "stripe_fee": "fee",
    "payout_failure": "payout_reversal",
}


def add(  # noqa: PLR0913  one parameter for each field of the document
    desk: Desk,
    kind: str,
    amount: int,
    currency: str,
    source: str | None,
    *,
    fee: int = 0,
    fee_for: str = "Stripe processing fees",
    category: str | None = None,
    description: str | None = None,
) -> Document:
    """Book an amount less its fee, in minor units; money that leaves is negative."""
    details = {"amount": fee, "application": None, "currency": currency, "description": fee_for, "type": "stripe_fee"}
    return documents.add(
        desk.sql,
        {
            "id": documents.new_id(KIND),
            "object": KIND,
            "amount": amount,
            "available_on": desk.at,
            "balance_type": "payments",
            "created": desk.at,
            "currency": currency,
            "description": description,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [details] if fee else [],
            "net": amount - fee,
            "reporting_category": category or _CATEGORIES.get(kind, kind),
            "source": source,
            "status": "available",
            "type": kind,
            "_payout": None,
        },
    )


def of_charge(desk: Desk, charge: Document) -> Document:
    """A payment's money, less the gateway's fee. Stripe calls what is no card a payment."""
    kind = "charge" if charge["payment_method_details"]["type"] == "card" else "payment"
    fee = desk.fees.of_payment(charge["amount"])
    return add(
        desk, kind, charge["amount"], charge["currency"], charge["id"], fee=fee, description=charge["description"]
    )


def of_refund(desk: Desk, refund: Document, charge: Document) -> Document:
    """Money that goes back; the fee of the payment is not given back."""
    kind = "refund" if charge["payment_method_details"]["type"] == "card" else "payment_refund"
    return add(
        desk, kind, -refund["amount"], refund["currency"], refund["id"], description=f"REFUND FOR {charge['id']}"
    )


def of_failure(desk: Desk, refund: Document, charge: Document) -> Document:
    """A refund's money that came back."""
    words = f"REFUND FAILURE FOR {charge['id']}"
    return add(desk, "refund_failure", refund["amount"], refund["currency"], refund["id"], description=words)


def not_paid_out(desk: Desk, currency: str) -> Iterator[Document]:
    """What no payout has taken yet, oldest first."""
    found = documents.matching(desk.sql, KIND, {"currency": currency, "status": "available"})
    return (entry for entry in found if entry["_payout"] is None)


def retrieve(desk: Desk, _asked: Mapping[str, Any], transaction_id: str) -> Document:
    return documents.get(desk.sql, KIND, transaction_id)


def listed(desk: Desk, asked: Mapping[str, Any]) -> Document:
    """Newest first; those of a payout are what it took and the payout itself."""
    wanted = {name: asked.get(name) for name in ("type", "source", "currency")}
    if "payout" in asked:
        documents.get(desk.sql, "payout", asked["payout"], param="payout")
    return documents.page(
        desk.sql, KIND, "/v1/balance_transactions", asked, wanted={**wanted, "_payout": asked.get("payout")}
    )
