"""One allowance: how what is left comes about, to the byte, and by day what was taken from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import Order
from lib import wording
from lib.msisdn import format_msisdn
from network.models import UsageRecord
from network.pages import charges, stretches, usage_page
from network.pages.owned import Owned
from network.pages.stretches import Stretch
from network.pages.sums import Part, total_of
from network.pages.units import Marks, even_pace, named, use_of
from plans.gifts import sources
from plans.models import Allowance, AllowanceGift, GroupUse, PlanKind, PlanPeriod
from plans.overview import Bucket


@dataclass(frozen=True)
class Term:
    """A line of the calculation; `amount` is signed, `count` how many uses make it."""

    words: str
    amount: int
    url: str = ""
    count: int | None = None


def facts(own: Owned, allowance: Allowance, *, now: datetime) -> dict[str, Any]:
    """The context of the page; the same number of statements however much was used."""
    stretch = stretches.of_life(allowance, own.zone, seen_from=own.opens_from, now=now)
    parts = charges.of_allowance(own, allowance, stretch)
    group = of_group(own, allowance)
    before = allowance.used - total_of(parts).amount - sum(term.amount for term in group)
    marks = _marks(allowance, stretch, parts, None if group else before)
    use = use_of(own, stretch, allowance.unit, parts, named(stretch), marks)
    return {
        "place": "usage",
        "line": own.line,
        "allowance": allowance,
        "bucket": Bucket(allowance, now),
        "title": charges.full_title(allowance),
        "is_over": allowance.expires_at <= now,
        "is_ahead": allowance.starts_at > now,
        "terms": terms(own, allowance, parts, group),
        "is_shared": bool(group),
        "remaining": allowance.remaining,
        "use": use if use.rows else None,
        "fast_left": _fast_left(allowance),
        "may_give": sources.is_giveable(allowance, now=now),
        "uncovered": _uncovered(own, allowance),
        "uncovered_url": own.links.records(ends_at=allowance.expires_at, paid="nobody", during=allowance.pk),
        **usage_page.offered(own, allowance, has_plan=_has_plan(own, now), now=now),
        **usage_page.zone_words(own, now=now),
    }


def of_group(own: Owned, allowance: Allowance) -> list[Term]:
    """What each member of the reader's own group has used of it, those who have left too: amounts alone. What those of somebody who had
    the number before have used is a sum without names. One statement.
    """
    mine = GroupUse.objects.filter(allowance=allowance, member__group__owner=own.reader)
    uses = mine.select_related("member").order_by("member__joined_at", "id")
    return [Term(_("Used by %(name)s of your group") % {"name": use.member.shows}, use.used_bytes) for use in uses]


def terms(own: Owned, allowance: Allowance, parts: list[Part], group: Sequence[Term] = ()) -> list[Term]:
    """What was granted, less what went. They add up to what is left; of an unlimited one, to what was used."""
    total = total_of(parts)
    before = allowance.used - total.amount - sum(term.amount for term in group)
    sign = 1 if allowance.granted is None else -1
    url = own.links.records(ends_at=allowance.expires_at, allowance=allowance.pk)
    found = []
    if allowance.granted is not None:
        found += _granted(own, allowance)
    if total.records or not before:
        words = _("Used by this number") if group else _("Used")
        found.append(Term(words, sign * total.amount, url if total.records else "", total.records))
    found += [replace(term, amount=sign * term.amount) for term in group]
    if before:
        found.append(Term(_before_in_words(own, allowance), sign * before))
    if allowance.gifted:
        url = reverse("line_gifts", args=[own.line.pk])
        found.append(Term(_("Given to others"), sign * allowance.gifted, url))
    return found


def _granted(own: Owned, allowance: Allowance) -> list[Term]:
    """By an order, or by whoever gave it; what they took back is no part of `granted` any more."""
    gift = AllowanceGift.objects.filter(received=allowance).select_related("from_line").first()
    if gift is None:
        return [Term(_("Granted"), allowance.granted or 0, _order_url(own, allowance))]
    words = _("Received as a gift")
    if gift.given_at >= own.since:  # it was given to the reader
        words = _("Received from %(number)s") % {"number": format_msisdn(gift.from_line.msisdn)}
    found = [Term(words, gift.amount_bytes)]
    if gift.given_back_bytes:
        found.append(Term(_("Taken back by them"), -gift.given_back_bytes))
    return found


def _before_in_words(own: Owned, allowance: Allowance) -> str:
    """What is known as a sum alone: which of the reasons it is."""
    if own.since > allowance.starts_at:
        return _("Used before the number came to you")
    if own.kept_from > allowance.starts_at:
        day = wording.date_in_words(own.kept_from, zone=own.zone)
        return _("Used before %(day)s; single uses from then are no longer kept") % {"day": day}
    return _("Used before this portal counted it")


def _marks(allowance: Allowance, stretch: Stretch, parts: list[Part], before: int | None) -> Marks:
    """`before`: what went before these parts; None where others use it too, so that no bar of these says when it was used up."""
    used_up = None if before is None else charges.used_up_at(parts, allowance, before=before)
    whole = allowance.granted if allowance.granted is not None else allowance.full_speed_amount
    return Marks(pace=even_pace(stretch, whole), used_up=used_up)


def _fast_left(allowance: Allowance) -> int | None:
    """At full speed; None where speed does not change."""
    if allowance.granted is not None or allowance.full_speed_amount is None:
        return None
    return max(0, allowance.full_speed_amount - allowance.used)


def _uncovered(own: Owned, allowance: Allowance) -> int:
    """What was used while it was valid and nobody paid for, as far as single uses are kept."""
    uses = UsageRecord.objects.filter(
        line=own.line,
        unit=allowance.unit,
        used_at__gte=max(allowance.starts_at, own.opens_from),
        used_at__lt=allowance.expires_at,
        overrun__gt=0,
    )
    total: int = uses.aggregate(overrun=Sum("overrun", default=0))["overrun"]
    return int(total)


def _order_url(own: Owned, allowance: Allowance) -> str:
    """What granted it, where the reader may see that."""
    kind, _colon, order_id = allowance.origin.partition(":")
    if kind != "order" or not Order.objects.visible_to(own.reader).filter(pk=order_id).exists():
        return ""
    return reverse("order", args=[order_id])


def _has_plan(own: Owned, now: datetime) -> bool:
    return PlanPeriod.objects.running(now).filter(line=own.line, kind=PlanKind.PLAN).exists()
