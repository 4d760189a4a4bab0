"""Contexts of the page on which credit is paid out."""

from datetime import timedelta
from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID

from billing.paying_out.payout_form import PayoutForm
from tests.look.sample_back import NOW

DAY = timedelta(days=1)


def payout(**more: Any) -> Like:
    facts = {"amount_minor": 320, "currency": "EUR", "bank_hint": "DE•••3000", "state": "requested", "asked_at": NOW}
    moments = {"approved_at": None, "ended_at": None}
    return Like(id=UUID(int=21), **facts | moments | more)


def page(line: Any, data: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "line": line,
        "form": PayoutForm(data, initial={"shown_minor": 320, "holder": "Anna"}),
        "payable_minor": 320,
        "paid_minor": 800,
        "bonus_minor": 100,
        "owed_minor": 480,
        "refusal": "",
        "payout": None,
        "former": [],
    } | more


def is_open(line: Any) -> dict[str, Any]:
    words = "Not paid out: The name of the account is another one than yours, so the bank sent it back."
    former = [
        Like(payout=payout(ended_at=NOW - 40 * DAY), words=words),
        Like(payout=payout(ended_at=NOW - 300 * DAY), words="Sent to •••1234"),
    ]
    return page(line, payout=payout(), former=former)
