"""Contexts of pages on which money goes back."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator

from billing.giving_back.withdraw_page import ShareWords
from billing.receipts.links import ReceiptLink

NOW = datetime.now(UTC).replace(hour=13, minute=20, second=41, microsecond=0)
_LINE = Like(msisdn="+4917604069011", label="Anna’s number", currency="EUR", time_zone="Europe/Berlin", country="DE")
ORDER = Like(
    id=UUID("019a0000-0000-7000-8000-000000000001"),
    reference="R-7K2M9QX",
    line=_LINE,
    price_minor=1500,
    currency="EUR",
)


def withdraw() -> dict[str, Any]:
    """A running plan of which the data decides."""
    return {
        "place": "orders",
        "order": ORDER,
        "title": "Month 15",
        "sum_minor": 1000,
        "currency": "EUR",
        "why": "You pay for what you used. Of time and allowances, the one with the least left counts.",
        "formula": "€15.00 × 66.7 % = €10.00",
        "shares": [
            ShareWords("Time", "27 days left of 30 days", 90, decides=False),
            ShareWords("Data", "10 GB left of 15 GB", 67, decides=True),
            ShareWords("Minutes", "188 minutes left of 200 minutes", 94, decides=False),
        ],
        "until": NOW + timedelta(days=11),
        "way": "Back to the card you paid with, usually within 5 to 10 days.",
        "may_keep_as_credit": True,
        "ends": True,
    }


def withdraw_queued() -> dict[str, Any]:
    """One that has not begun, paid from credit."""
    return withdraw() | {
        "sum_minor": 1500,
        "why": "It has not begun, so all of it goes back.",
        "formula": "",
        "shares": [],
        "way": "It becomes credit of the number at once, as it was paid.",
        "may_keep_as_credit": False,
    }


def receipts() -> dict[str, Any]:
    """Receipts and a credit note of two years, one still without its file."""
    rows = [
        ("T-2027-000017", "Credit", 123456, False),
        ("C-2026-000004", "Month 15", 500, True),
        ("S-2026-000123", "Month 15 with a name that somebody made rather long", 1500, True),
    ]
    links = [
        ReceiptLink(
            receipt_id=UUID(int=index + 1),
            number=number,
            title="Credit note" if number.startswith("C") else "Receipt",
            item=item,
            url="/receipts/1/",
            year=int(number[2:6]),
            issued_at=NOW - timedelta(days=index),
            amount_minor=minor,
            currency="EUR",
            is_note=number.startswith("C"),
            is_ready=is_ready,
        )
        for index, (number, item, minor, is_ready) in enumerate(rows)
    ]
    return {"place": "orders", "receipts": links, "page": Paginator(links, 20).get_page(1)}


def receipt_waiting() -> dict[str, Any]:
    return {"place": "orders", "receipt": receipts()["receipts"][0]}
