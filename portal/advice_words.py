"""The page of what would have been cheapest, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from billing.spent import Spent
from lib import wording
from lib.money import format_money
from plans.advising.goods import UNLIMITED
from plans.advising.search import Stretch
from plans.advising.stretch import cut
from plans.advising.tips import Habits, tips
from plans.models import PlanKind, Unit
from portal.advising import Looked


@dataclass(frozen=True)
class Row:
    """A part of the days: on what, with what beside it, what was used and granted, and what it cost."""

    days: str
    title: str
    beside: str
    used: str
    granted: str
    cost_minor: int


@dataclass(frozen=True)
class Bar:
    words: str
    minor: int
    percent: int
    is_best: bool


def facts(seen: Looked) -> dict[str, Any]:
    """The context of the page, but for the line and where it stands."""
    found: dict[str, Any] = {"is_enough": seen.is_enough, "told_days": seen.told_days, "count": seen.count}
    if not seen.is_enough:
        return found
    best_minor = seen.best.total_minor if seen.best else None
    choice = seen.choice
    return found | {
        "verdict": _verdict(seen),
        "currency": seen.line.currency,
        "span": _span(seen, seen.first, seen.until),
        "used": _amounts(_sums(seen, seen.first, seen.until)),
        "paid_minor": seen.paid_minor,
        "best_minor": best_minor,
        "saving_minor": abs(seen.saving_minor),
        "saving_per_month_minor": abs(seen.saving_minor) * 30 // seen.count,
        "mix": _mix(seen),
        "bars": _bars(seen),
        "best_rows": [_row(seen, stretch) for stretch in seen.best.stretches] if seen.best else [],
        "own_rows": _own(seen),
        "missing": _amounts(_missing(seen)),
        "choice": choice.title if choice else "",
        "choice_url": reverse("order_review", args=[choice.key]) if choice else "",
        "tips": tips(_habits(seen)),
    }


def _verdict(seen: Looked) -> str:
    """`cheaper`, `same`, `dearer` (what was had covered less), or `none`."""
    if seen.best is None:
        return "none"
    if seen.saving_minor > 0:
        return "cheaper"
    return "dearer" if seen.saving_minor < 0 and seen.short else "same"


def _habits(seen: Looked) -> Habits:
    credit = format_money(seen.credit_minor, seen.line.currency)
    return Habits(seen.line.country, seen.use, seen.short_days, seen.credit_minor, credit)


def _sums(seen: Looked, first: date, until: date) -> dict[str, int]:
    """What was used on days `[first, until)`."""
    sums: dict[str, int] = {}
    for day in seen.use[(first - seen.first).days : (until - seen.first).days]:
        for (_country, unit), amount in day.items():
            sums[unit] = sums.get(unit, 0) + amount
    return sums


def _missing(seen: Looked) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in seen.short:
        sums[row.unit] = sums.get(row.unit, 0) + row.overrun
    return sums


def _amounts(sums: Mapping[str, int]) -> str:
    """`12 GB, 90 minutes and 4 texts`; more than anybody uses is unlimited."""
    return wording.list_in_words([_amount(sums[unit], unit) for unit in Unit if sums.get(unit)])


def _amount(amount: int, unit: Unit) -> str:
    if amount >= UNLIMITED:
        unlimited = {"data": _("Unlimited data"), "voice": _("Unlimited minutes"), "texts": _("Unlimited texts")}
        return unlimited[unit.value]
    return wording.amount_in_words(amount, unit.value)


def _mix(seen: Looked) -> str:
    """`2 × Month 15 and 1 × More 5`."""
    counts: dict[str, int] = {}
    for stretch in seen.best.stretches if seen.best else ():
        if stretch.base:
            counts[stretch.base.title] = counts.get(stretch.base.title, 0) + 1
        for good, count in stretch.extras.add_ons:
            counts[good.title] = counts.get(good.title, 0) + count
    parts = [_times(count, title) for title, count in counts.items()]
    credit_minor = sum(stretch.extras.credit_minor for stretch in seen.best.stretches) if seen.best else 0
    if credit_minor:
        parts.append(_("%(sum)s from credit") % {"sum": format_money(credit_minor, seen.line.currency)})
    return wording.list_in_words(parts)


def _times(count: int, title: str) -> str:
    return f"{count}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{title}"


def _bars(seen: Looked) -> list[Bar]:
    best_minor = seen.best.total_minor if seen.best else 0
    most = max(seen.paid_minor, best_minor, 1)
    return [
        Bar(_("What you had"), seen.paid_minor, seen.paid_minor * 100 // most, is_best=False),
        Bar(_("The cheapest"), best_minor, best_minor * 100 // most, is_best=True),
    ]


def _row(seen: Looked, stretch: Stretch) -> Row:
    until = seen.first + timedelta(days=stretch.until)
    granted = dict.fromkeys(Unit.values, 0)
    if stretch.base:
        share = stretch.until - stretch.first if stretch.is_cut else stretch.base.days or 1
        granted |= {unit: grant.amount for unit, grant in cut(stretch.base, share).items()}
    for good, count in stretch.extras.add_ons:
        for unit, grant in good.grants.items():
            granted[unit] += grant.amount * count
    beside = [_times(count, good.title) for good, count in stretch.extras.add_ons]
    if stretch.extras.credit_minor:
        beside.append(_("%(sum)s from credit") % {"sum": format_money(stretch.extras.credit_minor, seen.line.currency)})
    if stretch.base and stretch.is_cut:
        words = {"part": stretch.until - stretch.first, "whole": stretch.base.days}
        beside.append(_("%(part)s of its %(whole)s days") % words)
    return Row(
        days=_span(seen, seen.first + timedelta(days=stretch.first), until),
        title=stretch.base.title if stretch.base else _("Without a plan"),
        beside=wording.list_in_words(beside),
        used=_amounts({unit: total for unit, (total, _abroad) in stretch.used.items()}),
        granted=_amounts(granted),
        cost_minor=stretch.total_minor,
    )


def _own(seen: Looked) -> list[Row]:
    """What was had: of a day on which one plan follows another, the use stands with the later one; with add-ons none stands."""
    first_days = [one.from_at.astimezone(seen.zone).date() for one in seen.plans]
    rows = []
    for one, first in zip(seen.plans, first_days, strict=True):
        until = _last_day(one.until_at, seen.zone) + timedelta(days=1)
        is_plan = one.period.kind == PlanKind.PLAN
        later = [day for day, other in zip(first_days, seen.plans, strict=True) if _follows(other, one)]
        rows.append(
            Row(
                days=_span(seen, first, until),
                title=one.period.plan.title,
                beside=_("its part of these days") if one.is_part else "",
                used=_amounts(_sums(seen, first, min([until, *later]))) if is_plan else "",
                granted=_amounts(_granted(one)),
                cost_minor=one.cost_minor,
            )
        )
    if seen.credit_minor:
        rows.append(Row(_span(seen, seen.first, seen.until), _("Use from credit"), "", "", "", seen.credit_minor))
    return rows


def _follows(other: Spent, one: Spent) -> bool:
    return other.period.kind == PlanKind.PLAN and other.from_at > one.from_at


def _granted(one: Spent) -> dict[str, int]:
    """By the whole period."""
    return {row.unit: UNLIMITED if row.granted is None else row.granted for row in one.period.allowances.all()}


def _last_day(until_at: datetime, zone: ZoneInfo) -> date:
    return (until_at - timedelta(microseconds=1)).astimezone(zone).date()


def _span(seen: Looked, first: date, until: date) -> str:
    """`Thu 1 Oct to Fri 30 Oct`; a single day alone."""
    first_words, last_words = (
        wording.date_in_words(datetime.combine(day, time(12), seen.zone), zone=seen.zone)
        for day in (first, until - timedelta(days=1))
    )
    if first_words == last_words:
        return first_words
    return _("%(start)s to %(end)s") % {"start": first_words, "end": last_words}
