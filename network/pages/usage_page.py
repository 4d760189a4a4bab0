"""What a line used: today, in the running plan, in a month, in a year; and what is left."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from lib import wording
from network import used_days
from network.pages import charges, choosing, sums
from network.pages.charges import Taken
from network.pages.owned import Owned
from network.pages.stretches import Slot, Step, Stretch, midnight
from network.pages.sums import Edges, Part
from network.pages.units import Marks, Named, Share, UnitUse, even_pace, named, use_of
from plans import add_ons, run_out_words
from plans.models import Allowance, Unit
from plans.overview import Bucket, Overview, overview
from plans.pace import HISTORY_DAYS


@dataclass(frozen=True)
class Left:
    """What can be used now: a bucket and the page that explains it."""

    bucket: Bucket
    title: str
    url: str


def facts(own: Owned, *, show: str, of: str, now: datetime) -> dict[str, Any]:
    """The context of the page; the same number of statements however much was used."""
    periods = choosing.periods_of(own, now=now)
    stretch = choosing.chosen(own, periods, show=show, of=of, now=now)
    parts, edges = sums.parts_of(own, stretch)
    used = used_days.data_column(own.line, own.reader, now=now, days=HISTORY_DAYS)
    seen = overview(own.line, now=now, used=used)
    is_kept_whole = _is_kept_whole(own, stretch)
    taken = charges.by_allowance(own, stretch) if is_kept_whole else []
    by_group = charges.by_group(own, stretch) if is_kept_whole else 0
    first = choosing.first_day(own)
    before, after = choosing.before_and_after(own, stretch, periods, first=first, now=now)
    return {
        "place": "usage",
        "line": own.line,
        "stretch": stretch,
        "title": choosing.title(stretch, now=now),
        "tabs": choosing.tabs(own, stretch, periods, now=now),
        "before": before,
        "after": after,
        "earlier": choosing.earlier(own, stretch, periods, now=now),
        "uses": uses(own, stretch, parts, taken, by_group=by_group),
        "has_any": first is not None,
        "notes": notes(own, edges, now=now),
        "records_url": own.links.records(ends_at=stretch.ends_at, **stretch.filters),
        **left(own, seen, now=now),
        **zone_words(own, now=now),
    }


def uses(
    own: Owned, stretch: Stretch, parts: Sequence[Part], taken: Sequence[Taken], *, by_group: int = 0
) -> list[UnitUse]:
    """A unit of which nothing was used is left out; `by_group` is data."""
    names = named(stretch)
    by_unit: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        by_unit[part.unit].append(part)
    found = []
    for unit in Unit:
        if by_unit[unit]:
            of_unit = [each for each in taken if each.allowance.unit == unit]
            marks = _marks(stretch, names, of_unit)
            use = use_of(own, stretch, unit, by_unit[unit], names, marks)
            shared = by_group if unit == Unit.DATA else 0
            found.append(replace(use, paid=_paid(own, stretch, use, of_unit, shared)))
    return found


def left(own: Owned, seen: Overview, *, now: datetime) -> dict[str, Any]:
    """What is left, the running plan's data first, and what could be added where little is."""
    buckets = [Left(bucket, bucket.title, own.links.allowance(bucket.allowance.pk)) for bucket in seen.buckets]
    main = seen.main
    return {
        "period": seen.period,
        "main": main,
        "main_url": own.links.allowance(main.allowance.pk) if main else "",
        "buckets": buckets,
        "forecast": seen.forecast,
        "forecast_says": run_out_words.sentence(seen.forecast) if seen.forecast else "",
        **offered(own, main.allowance if main else None, has_plan=seen.period is not None, now=now),
    }


def offered(own: Owned, allowance: Allowance | None, *, has_plan: bool, now: datetime) -> dict[str, Any]:
    """Add-ons, where four fifths of the allowance are gone and it can still be used; nobody else is asked to buy."""
    if allowance is None or not allowance.starts_at <= now < allowance.expires_at:
        return {"offers": [], "low_words": ""}
    if not add_ons.is_nearly_used(allowance):
        return {"offers": [], "low_words": ""}
    offers = add_ons.fitting(own.line, allowance.unit, has_plan=has_plan, now=now)
    return {"offers": offers, "low_words": _low_in_words(allowance)}


def _low_in_words(allowance: Allowance) -> str:
    if not allowance.is_used_up:
        return _("Less than a fifth is left")
    if allowance.granted is None:
        return _("From now on it goes on at %(speed)s kbit/s") % {"speed": allowance.speed_after_kbit}
    return _("It is used up")


def notes(own: Owned, edges: Edges, *, now: datetime) -> list[str]:
    """What is counted otherwise than somebody might think."""
    found = []
    days = {"day": wording.list_in_words([_day(own, day, now) for day in edges.rounded])}
    if edges.rounded:
        found.append(
            _(
                "Single uses of %(day)s are no longer kept, so the whole day is counted, before and after the plan’s start or end."
            )
            % days
        )
    for day in edges.left_out:
        told = {"day": _day(own, day, now)}
        found.append(_("On %(day)s the number came to you; what was used that day is not counted.") % told)
    return found


def zone_words(own: Owned, *, now: datetime) -> dict[str, str]:
    """Whose midnight it is, where the reader's clock shows another time."""
    if wording.is_same_time(now, own.line.time_zone, timezone.get_current_timezone()):
        return {"zone_words": ""}
    city = {"city": wording.zone_in_words(own.line.time_zone)}
    return {"zone_words": _("Days and times here are those of your number: the time in %(city)s.") % city}


def _is_kept_whole(own: Owned, stretch: Stretch) -> bool:
    return stretch.step != Step.MONTH and stretch.from_at >= own.kept_from


def _marks(stretch: Stretch, names: Sequence[Named], taken: Sequence[Taken]) -> Marks:
    """Of the plan that is shown; what it grants in a day at an even pace, and when it was used up."""
    if stretch.period is None:
        return Marks()
    own = next((each for each in taken if each.allowance.period_id == stretch.period.pk), None)
    if own is None or not own.allowance.granted:
        return Marks()
    allowance = own.allowance
    is_own_alone = not allowance.gifted and not getattr(allowance, "is_shared", False)
    slot = _slot_at(names, own.last_at) if allowance.remaining == 0 and is_own_alone else None
    return Marks(pace=even_pace(stretch, allowance.granted), used_up=slot.key if slot else None)


def _slot_at(names: Sequence[Named], at: datetime) -> Slot | None:
    return next((name.slot for name in names if name.slot.starts_at <= at < name.slot.ends_at), None)


def _paid(own: Owned, stretch: Stretch, use: UnitUse, taken: Sequence[Taken], shared: int) -> list[Share]:
    """How the sum was paid. Its parts add up to it."""

    def link(**wanted: object) -> str:
        return own.links.records(ends_at=stretch.ends_at, unit=use.unit, **stretch.filters, **wanted)

    total = use.total
    found = [
        Share(charges.title(each.allowance), each.amount, link(allowance=each.allowance.pk))
        for each in taken
    ]  # fmt: skip
    if shared:
        found.append(Share(_("From your sharing group"), shared, link(paid="group")))
    rest = total.covered - sum(each.amount for each in taken) - shared
    if rest:
        found.append(Share(_("Covered by plans and add-ons"), rest, link(paid="allowance")))
    if total.by_credit:
        found.append(Share(_("Paid from credit"), total.by_credit, link(paid="credit"), total.cost_minor))
    if total.overrun:
        found.append(Share(_("Not covered, and not charged"), total.overrun, link(paid="nobody")))
    return found


def _day(own: Owned, day: date, now: datetime) -> str:
    return wording.date_in_words(midnight(day, own.zone), zone=own.zone, now=now)
