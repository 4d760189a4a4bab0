"""The pages of gifts: choosing, checking, and one gift as its giver sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.utils.translation import gettext as _

from accounts.models import Line, Subscriber
from lib.wording import data_in_words, end_in_words
from plans.gifts import giving, limits, listing, sources, words
from plans.gifts.forms import ConfirmForm, GiftForm
from plans.gifts.refusals import CannotBeGiven
from plans.models import Allowance, AllowanceGift
from plans.models.gift import STEP_BYTES

PAGE_SIZE = 20


@dataclass(frozen=True)
class Choice:
    """Data that can be given from, as a radio."""

    value: str
    title: str
    aside: str
    says: str
    is_chosen: bool


def form_for(line: Line, *, now: datetime, **given: Any) -> GiftForm:
    return GiftForm(own=sources.of(line, now=now), at_most=limits.left_today(line, now=now), **given)


def choose(line: Line, reader: Subscriber, form: GiftForm, *, number: str, now: datetime) -> dict[str, Any]:
    """The context of the page on which a giver chooses, with what was given before."""
    own = sources.of(line, now=now)
    left_today = limits.left_today(line, now=now)
    page = Paginator(listing.of_line(line, reader), PAGE_SIZE).get_page(number)
    return {
        "place": "home",
        "line": line,
        "form": form,
        "obstacle": obstacle(line, reader),
        "choices": choices(own, str(form["source"].value() or ""), now=now),
        "can_give": bool(own) and left_today >= STEP_BYTES,
        "has_data": bool(own),
        "left_today": left_today,
        "a_day": settings.GIFT_BYTES_A_DAY,
        "page": page,
        "rows": [listing.row(gift, line.pk, now=now) for gift in page],
    }


def obstacle(line: Line, reader: Subscriber) -> str:
    """Why nothing can be given from the line at all; empty when something can."""
    try:
        giving.check_line(line, reader)
    except CannotBeGiven as refusal:
        return words.refusal(refusal, line)
    return ""


def choices(own: Sequence[Allowance], chosen: str, *, now: datetime) -> list[Choice]:
    """The first is chosen unless another one is."""
    known = {str(one.pk) for one in own}
    return [
        Choice(
            value=str(one.pk),
            title=title(one),
            aside=data_in_words(one.remaining or 0),
            says=_("left until %(end)s") % {"end": end_in_words(one.expires_at, now=now)},
            is_chosen=str(one.pk) == chosen or (chosen not in known and place == 0),
        )
        for place, one in enumerate(own)
    ]


def title(one: Allowance) -> str:
    return one.period.plan.title if one.period else ""


def check(line: Line, asked: GiftForm, form: ConfirmForm) -> dict[str, Any]:
    """The context of the page on which a giver confirms; the same for every number. `asked` is valid."""
    source, amount = asked.chosen, asked.cleaned_data["amount"]
    return {
        "place": "home",
        "line": line,
        "form": form,
        "number": asked.cleaned_data["number"],
        "amount": amount,
        "source": source,
        "title": title(source),
        "keeps": (source.remaining or 0) - amount,
    }


def of_gift(gift: AllowanceGift, *, now: datetime) -> dict[str, Any]:
    """The context of a gift's own page, for its giver."""
    tone, says = listing.badge(gift, now=now)
    return {
        "place": "home",
        "line": gift.from_line,
        "gift": gift,
        "title": title(gift.source),
        "tone": tone or "plain",
        "says": says or _("Given"),
        "may_undo": gift.undone_at is None and not gift.received.frozen_at and now < gift.undo_until,
        "is_over": gift.received.expires_at <= now,
    }
