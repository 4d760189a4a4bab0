"""A shop's system, as it hands top-ups in."""

import json
from datetime import datetime
from typing import Any

from django.test import Client

from accounts.models import Line
from billing import ledger
from billing.models import LedgerEntry, Order
from network.models import ExternalTopUp
from notifications.models import Message
from tests.network.writing import HOUR, NOW

KEY = "a-key-of-the-kiosks-of-24"
OTHER_KEY = "a-key-of-the-ussd-line-24"
KEYS = {"kiosks": KEY, "ussd": OTHER_KEY}
TOP_UPS, REVERSALS = "/network/top-ups/", "/network/top-ups/reversals/"


def said(reference: str = "K12-1", **other: Any) -> dict[str, Any]:
    """€10.00 of credit for Anna, paid an hour ago; a field that is None is left out."""
    fields: dict[str, Any] = {
        "reference": reference, "number": "+4917604069011", "amount_minor": 1000, "currency": "EUR",
        "paid_at": (NOW - HOUR).isoformat(), "place": "Kiosk 12",
    }  # fmt: skip
    return {name: value for name, value in (fields | other).items() if value is not None}


def hand_in(body: Any, *, key: str = KEY, path: str = TOP_UPS) -> Any:
    """The answer to one POST; `body` as JSON, bytes as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Client(enforce_csrf_checks=True).post(path, raw, content_type="application/json", headers=headers)


def take_back(reference: str = "B-1", top_up: str = "K12-1", *, key: str = KEY) -> Any:
    return hand_in({"reference": reference, "top_up": top_up}, key=key, path=REVERSALS)


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, (answer.status_code, answer.content)
    assert all(fault["words"] for fault in answer.json()["errors"])
    return [(fault["field"], fault["code"]) for fault in answer.json()["errors"]]


def credit_minor(line: Line) -> int:
    return ledger.credit_of(line)[0].minor


def booked() -> tuple[int, int, int, int]:
    """How many there are: outside top-ups, orders, entries, messages."""
    models = (ExternalTopUp, Order, LedgerEntry, Message)
    return tuple(model.objects.count() for model in models)  # type: ignore[return-value]


def at(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
