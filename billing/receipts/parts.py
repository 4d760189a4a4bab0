"""What a document is written from, and what its two kinds say each in their own way."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.numbers import format_percent
from django.conf import settings
from django.utils.translation import get_language, to_locale

from billing.models import Order, Receipt, RefundRequest
from lib.money import format_money
from lib.wording import country_in_words


@dataclass(frozen=True, kw_only=True)
class About:
    """All that is read of the database, before anything is written.

    `runs` is the time on the plan as it was granted; `original` the receipt of the sale that `request` takes back;
    `place` where it was paid outside.
    """

    order: Order
    request: RefundRequest | None = None
    runs: tuple[datetime, datetime] | None = None
    place: str = ""
    original: Receipt | None = None


@dataclass(frozen=True, kw_only=True)
class Says:
    """What a receipt and a credit note say differently. Pairs are a label and its value.

    `sum` names the sum, `how` stands beside it; `item` is what was bought and, line by line, what belongs to it; `counting` shows
    how a sum that goes back was counted: `title`, `why`, `rows` of pairs, `formula`.
    """

    title: str
    sum: str
    how: list[list[str]]
    facts: list[list[str]]
    item: list[str]
    counting: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def money(order: Order, minor: int) -> str:
    return format_money(minor, order.currency)


def rate(order: Order) -> str:
    """`19%`, `20.5%`, as the language writes it."""
    return format_percent(order.vat_percent / 100, locale=_locale(), decimal_quantization=False)


def country(order: Order) -> str:
    """Where the VAT is due, in words."""
    return country_in_words(order.country)


def day(at: datetime) -> str:
    """`23 Nov 2026`, by the calendar of the books."""
    local = at.astimezone(ZoneInfo(settings.BOOKS_TIME_ZONE))
    if _locale() == "en":
        return format_date(local, "d MMM yyyy", locale="en")
    return format_skeleton("yMMMd", local, tzinfo=local.tzinfo, locale=_locale())


def _locale() -> str:
    return to_locale(get_language() or "en")
