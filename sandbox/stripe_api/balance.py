"""The account's balance: what was charged less what was given back (docs.stripe.com/api/balance)."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import documents
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document


def retrieve(desk: Desk, _asked: Mapping[str, Any]) -> Document:
    sums: Counter[str] = Counter()
    for charge in documents.every(desk.sql, "charge"):
        sums[charge["currency"]] += charge["amount"] - charge["amount_refunded"]
    available = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sorted(sums.items())
    ]
    pending = [{**part, "amount": 0, "source_types": {"card": 0}} for part in available]
    return {"object": "balance", "available": available, "livemode": False, "pending": pending}
