"""The page of numbers one tops up often, and of what was paid for others lately."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Subscriber
from billing import payer_codes
from billing.for_others import top_up_page
from billing.models import GuestState, GuestTopUp, Payee
from lib.money import Money

_MOST_SHOWN = 10


@dataclass(frozen=True)
class Paid:
    """A top-up of somebody's: only what its payer may know."""

    whom: str
    price: Money
    at: datetime
    words: str
    tone: str
    url: str


def facts(subscriber: Subscriber) -> dict[str, Any]:
    """The context."""
    payees = list(subscriber.payees.all())
    return {"payees": payees, "paid": _paid(subscriber, payees)}


def _paid(subscriber: Subscriber, payees: list[Payee]) -> list[Paid]:
    names = {payee.msisdn: payee.name for payee in payees}
    rows = GuestTopUp.objects.filter(payer=subscriber).exclude(state=GuestState.CREATED)
    found = rows.select_related("link", "order").order_by("-created_at")[:_MOST_SHOWN]
    return [_row(top_up, names) for top_up in found]


def _row(top_up: GuestTopUp, names: dict[str, str]) -> Paid:
    words, tone = {
        "open": (_("Not paid yet"), "warn"),
        "taking": (_("Being checked"), "warn"),
        "done": (_("Arrived"), "good"),
        "undone": (_("Taken back"), "plain"),
        "given_back": (_("Goes back to you"), "warn"),
        "not_done": (_("Not completed, not charged"), "plain"),
        "expired": (_("Not paid in time"), "plain"),
    }[top_up_page.stage_of(top_up)]
    code = payer_codes.code_of(top_up)
    return Paid(
        whom=names.get(top_up.msisdn) or top_up.shown,
        price=top_up.price,
        at=top_up.created_at,
        words=words,
        tone=tone,
        url=reverse("top_up_for_other", args=[code]) if code else "",
    )
