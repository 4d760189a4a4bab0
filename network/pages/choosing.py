"""Which stretch of time a usage page shows, and the ways to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Min
from django.utils.translation import gettext as _

from lib import wording
from network.models import UsageDay
from network.pages import stretches
from network.pages.owned import Owned
from network.pages.stretches import Stretch
from plans.models import PlanKind, PlanPeriod

_DAY = timedelta(days=1)
#: So many plans back; everything older is found by month.
EARLIER = 24


@dataclass(frozen=True)
class Way:
    """A link to another stretch, or the one that is here."""

    words: str
    url: str
    is_here: bool = False
    more: str = ""


def periods_of(own: Owned, *, now: datetime) -> list[PlanPeriod]:
    """The plans the line had since it is the reader's, newest first; those that wait are not among them."""
    found = PlanPeriod.objects.standing().filter(line=own.line, kind=PlanKind.PLAN, ends_at__gt=own.since)
    return list(found.filter(starts_at__lte=now).select_related("plan").order_by("-starts_at")[:EARLIER])


def first_day(own: Owned) -> date | None:
    """The first day of which something is known."""
    since = own.since.astimezone(own.zone).date()
    found: date | None = UsageDay.objects.filter(line=own.line, day__gte=since).aggregate(first=Min("day"))["first"]
    return found


def chosen(own: Owned, periods: Sequence[PlanPeriod], *, show: str, of: str, now: datetime) -> Stretch:
    """What is asked for; what cannot be read, or was never theirs, is the running plan, or else the month."""
    zone, today = own.zone, now.astimezone(own.zone).date()
    wanted = _day(of, or_else=today)
    if show == "day":
        made = stretches.of_day(wanted, zone, seen_from=own.since)
        return made if made.ends_at > own.opens_from else stretches.of_month(wanted, zone, seen_from=own.since)
    if show == "month":
        return stretches.of_month(wanted, zone, seen_from=own.since)
    if show == "year":
        return stretches.of_year(wanted.year, zone, seen_from=own.since)
    period = _period(of, periods) or _running(periods, now)
    if period is None:
        return stretches.of_month(today, zone, seen_from=own.since)
    return stretches.of_period(period, zone, seen_from=own.since)


def tabs(own: Owned, stretch: Stretch, periods: Sequence[PlanPeriod], *, now: datetime) -> list[Way]:
    period = _running(periods, now) or stretch.period
    found = [("day", _("Today")), ("period", _("This plan")), ("month", _("Month")), ("year", _("Year"))]
    return [
        Way(words, own.links.page(show), is_here=show == stretch.show)
        for show, words in found
        if show != "period" or period
    ]


def title(stretch: Stretch, *, now: datetime) -> str:
    day = stretch.starts_at.astimezone(stretch.zone).date()
    if stretch.show == "day":
        is_today = day == now.astimezone(stretch.zone).date()
        told = wording.date_in_words(stretch.starts_at, zone=stretch.zone, now=now)
        return f"{_('Today')}, {told}" if is_today else told
    if stretch.period:
        return stretch.period.plan.title
    return wording.month_in_words(day) if stretch.show == "month" else str(day.year)


def before_and_after(
    own: Owned, stretch: Stretch, periods: Sequence[PlanPeriod], *, first: date | None, now: datetime
) -> tuple[Way | None, Way | None]:
    """The stretch before and the one after, where there is something to see."""
    if stretch.period:
        place = next((at for at, period in enumerate(periods) if period.pk == stretch.period.pk), 0)
        older, newer = periods[place + 1 : place + 2], periods[max(0, place - 1) : place]
        return tuple(_way_to(own, found[0], now=now) if found else None for found in (older, newer))  # type: ignore[return-value]
    today = now.astimezone(own.zone).date()
    begins, ends = stretch.starts_at.astimezone(own.zone).date(), stretch.ends_at.astimezone(own.zone).date()
    from_day = max(first, own.opens_from.astimezone(own.zone).date()) if first and stretch.show == "day" else first
    before, after = begins - _DAY, ends
    has_before, has_after = from_day is not None and before >= from_day, after <= today
    return (
        _neighbour(own, stretch.show, before, now=now) if has_before else None,
        _neighbour(own, stretch.show, after, now=now) if has_after else None,
    )


def earlier(own: Owned, stretch: Stretch, periods: Sequence[PlanPeriod], *, now: datetime) -> list[Way]:
    """The plans that have ended, but the one that is shown."""
    shown = stretch.period.pk if stretch.period else None
    return [_way_to(own, period, now=now) for period in periods if period.ends_at <= now and period.pk != shown]


def _way_to(own: Owned, period: PlanPeriod, *, now: datetime) -> Way:
    begins = wording.date_in_words(period.starts_at, zone=own.zone, now=now)
    ends = wording.end_in_words(period.ends_at, zone=own.zone, now=now)
    words = _("%(start)s to %(end)s") % {"start": begins, "end": ends}
    return Way(period.plan.title, own.links.page("period", period.pk), more=words)


def _neighbour(own: Owned, show: str, day: date, *, now: datetime) -> Way:
    of = {"day": day.isoformat(), "month": f"{day:%Y-%m}", "year": str(day.year)}[show]
    noon = stretches.midnight(day, own.zone)
    words = {
        "day": lambda: wording.date_in_words(noon, zone=own.zone, now=now),
        "month": lambda: wording.month_in_words(day),
        "year": lambda: str(day.year),
    }
    return Way(words[show](), own.links.page(show, of))


def _day(text: str, *, or_else: date) -> date:
    """`2026`, `2026-11` or `2026-11-29`."""
    parts = text.split("-")
    try:
        found = date(*map(int, [*parts, "1", "1"][:3] if len(parts) < 3 else parts))
    except (ValueError, TypeError):
        return or_else
    return found if 2000 <= found.year < 2200 else or_else


def _period(text: str, periods: Sequence[PlanPeriod]) -> PlanPeriod | None:
    try:
        wanted = UUID(text)
    except ValueError:
        return None
    return next((period for period in periods if period.pk == wanted), None)


def _running(periods: Sequence[PlanPeriod], now: datetime) -> PlanPeriod | None:
    return next((period for period in periods if period.starts_at <= now < period.ends_at), None)
