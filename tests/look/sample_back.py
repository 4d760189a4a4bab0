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
    """Receipts and a credit note, one still without its file."""
    rows = [
        ("C-2026-000004", "Credit note", "€5.00", True),
        ("S-2026-000123", "Receipt", "€15.00", True),
        ("T-2026-000017", "Receipt", "€1,234.56", False),
    ]
    links = [
        ReceiptLink(number, title, "/receipts/1/", is_ready, NOW - timedelta(days=index), total)
        for index, (number, title, total, is_ready) in enumerate(rows)
    ]
    return {"place": "orders", "receipts": links, "page": Paginator(links, 20).get_page(1)}


def receipt_waiting() -> dict[str, Any]:
    return {"place": "orders", "receipt": receipts()["receipts"][2]}
