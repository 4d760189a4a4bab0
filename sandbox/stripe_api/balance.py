"""The account's balance: the net of all its transactions (docs.stripe.com/api/balance)."""

from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import balance_transactions
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document


def retrieve(desk: Desk, _asked: Mapping[str, Any]) -> Document:
    rows = desk.sql.execute(
        "SELECT json_extract(body, '$.currency') AS currency, sum(json_extract(body, '$.net')) AS amount"
        " FROM objects WHERE kind = ? GROUP BY 1 ORDER BY 1",
        (balance_transactions.KIND,),
    ).fetchall()
    available = [
        {"amount": row["amount"], "currency": row["currency"], "source_types": {"card": row["amount"]}} for row in rows
    ]
    pending = [{**part, "amount": 0, "source_types": {"card": 0}} for part in available]
    return {"object": "balance", "available": available, "livemode": False, "pending": pending}
