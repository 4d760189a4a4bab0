"""How the admin prints states, people, money and moments, in lists and on object pages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lib import clock, wording
from lib.money import format_money
from lib.msisdn import format_msisdn, mask

NOTHING = "–"


def badge(words: str, tone: str = "plain") -> SafeString:
    """A state in words on its colour; `tone` is good, busy, warn, bad or plain."""
    return format_html('<span class="badge badge-{}">{}</span>', tone, words)


def state_badge(row: Any, tones: Mapping[Any, str]) -> SafeString:
    """The badge of `row.state`; `tones` maps states to tones."""
    return badge(row.get_state_display(), tones.get(row.state, "plain"))


def money(minor: int | None, currency: str) -> SafeString | str:
    """Minor units as the reader's language writes them, e.g. `€15.00`; a dash for None."""
    return NOTHING if minor is None else format_html('<bdi class="amount">{}</bdi>', format_money(minor, currency))


def moment(at: datetime | None) -> SafeString | str:
    """To the minute in the reader's zone, with the second and the zone's own spelling in `datetime`; a dash for None."""
    if at is None:
        return NOTHING
    words = wording.moment_in_words(at, now=clock.now())
    return format_html('<time datetime="{}">{}</time>', at.isoformat(timespec="seconds"), words)


def age(since: datetime | None, *, now: datetime) -> str:
    """How long ago, in the largest unit: `3 days`; a dash for None."""
    return NOTHING if since is None else wording.time_left_in_words(now, since)


def whole_number(msisdn: str | None) -> SafeString | str:
    """`+49 176 04069011`, for the page of the one it belongs to."""
    return format_html('<bdi dir="ltr">{}</bdi>', format_msisdn(msisdn)) if msisdn else NOTHING


def masked_number(msisdn: str | None) -> SafeString | str:
    """`+49•••••9011`, for lists."""
    return format_html('<bdi dir="ltr">{}</bdi>', mask(msisdn)) if msisdn else NOTHING


def masked_email(email: str) -> str:
    """`a•••@example.com`, for lists."""
    name, at, domain = email.rpartition("@")
    return f"{name[:1]}•••@{domain}" if at else NOTHING


def masked_address(address: str) -> SafeString | str:
    """A number or an e-mail address, for lists."""
    return masked_email(address) if "@" in address else masked_number(address)


def page_of(row: models.Model | None) -> str | None:
    """The address of the row's admin page; None for no row and for tables the desk does not show."""
    if row is None or not admin.site.is_registered(type(row)):
        return None
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))


def linked(row: models.Model | None, words: object = None) -> SafeString | str:
    """`words` (default: the row itself) as a link to the row's page."""
    if row is None:
        return NOTHING
    shown = row if words is None else words
    url = page_of(row)
    return format_html('<a href="{}">{}</a>', url, shown) if url else str(shown)
