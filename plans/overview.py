"""Everything the dashboard says about a line's plans, in two queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.expressions import BaseExpression
from django.utils.translation import gettext as _

from accounts.models import Line
from lib import wording
from plans import run_out_words
from plans.at_pace import HISTORY, History, history_of
from plans.models import Allowance, Plan, PlanKind, PlanPeriod, Unit, ZoneCountry
from plans.run_out import Forecast
from plans.standing import Standing, standing_of

#: Below this share of what was granted an allowance is said to run low.
LOW_PERCENT = 20


@dataclass(frozen=True)
class Bucket:
    """An allowance as a page shows it: what is left of what was granted (None: unlimited), in the unit's base; `forecast`: until when."""

    allowance: Allowance
    now: datetime
    forecast: Forecast | None = None

    @property
    def unit(self) -> str:
        return self.allowance.unit

    @property
    def title(self) -> str:
        """What granted it, when that is not the running plan: `More 5`, or that it is a gift."""
        period = self.allowance.period
        if period is None and self.unit == Unit.DATA:
            return _("Gift")
        return period.plan.title if period and period.kind == PlanKind.ADD_ON else Unit(self.unit).label.capitalize()

    @property
    def granted(self) -> int | None:
        return self.allowance.granted

    @property
    def remaining(self) -> int | None:
        return self.allowance.remaining

    @property
    def expires_at(self) -> datetime:
        return self.allowance.expires_at

    @property
    def percent_left(self) -> int:
        """0 to 100, rounded down; 100 when unlimited."""
        if self.granted is None or self.remaining is None:
            return 100
        return self.remaining * 100 // self.granted if self.granted else 0

    @property
    def pace_percent(self) -> int:
        """What would be left now at an even pace."""
        whole = (self.allowance.expires_at - self.allowance.starts_at).total_seconds()
        left = (self.allowance.expires_at - self.now).total_seconds()
        return min(100, max(0, round(left * 100 / whole)))

    @property
    def is_low(self) -> bool:
        return self.percent_left < LOW_PERCENT or self.allowance.is_used_up

    @property
    def says(self) -> str:
        """What is worth knowing beside the figure, or nothing."""
        if self.allowance.granted is None:
            return self._slows()
        return _("used up") if self.remaining == 0 else ""

    @property
    def says_until(self) -> str:
        """In a tile: until when it lasts, if it does not last to its end."""
        return run_out_words.short(self.forecast) if self.forecast else ""

    def _slows(self) -> str:
        if self.allowance.full_speed_amount is None:
            return ""
        fast = max(0, self.allowance.full_speed_amount - self.allowance.used)
        return _("%(amount)s at full speed left") % {"amount": wording.data_in_words(fast)}


@dataclass(frozen=True)
class Overview:
    """`main` is the running plan's data, `buckets` everything else that can be used now, first to expire first.

    `history`: how fast data is used, if its use was read; `forecast`: until when all of it together lasts while the plan runs.
    """

    standing: Standing
    period: PlanPeriod | None
    queued: list[PlanPeriod]
    add_ons: list[PlanPeriod]
    main: Bucket | None
    buckets: list[Bucket] = field(default_factory=list)
    last: PlanPeriod | None = None
    history: History | None = None
    forecast: Forecast | None = None

    @property
    def next_period(self) -> PlanPeriod | None:
        return self.queued[0] if self.queued else None

    @property
    def last_end(self) -> datetime | None:
        """When everything the line has or had ends; None when it never had a plan."""
        known = [self.period, self.last, *self.queued, *self.add_ons]
        return max((period.ends_at for period in known if period), default=None)

    @property
    def ended_at(self) -> datetime | None:
        """When the last plan ended, if none runs."""
        return self.last.ends_at if self.last and not self.period else None

    @property
    def latest(self) -> PlanPeriod | None:
        """What is queued last, else what runs, else what ended last."""
        return self.queued[-1] if self.queued else self.period or self.last

    @property
    def usual_plan(self) -> Plan | None:
        """The plan to offer again; the caller checks that it is on sale."""
        return self.latest.plan if self.latest else None


def overview(line: Line, *, now: datetime, is_waiting: bool = False, used: BaseExpression | None = None) -> Overview:
    """What `line` has at `now`. `is_waiting`: an order for a plan waits for its money.

    `used`: the data used by day as a column of the line's periods (`plans.at_pace` says its shape), from whoever keeps usage; with it
    comes until when data lasts.
    """
    periods = _periods(line, now, used)
    plans = [period for period in periods if period.kind == PlanKind.PLAN]
    running = next((period for period in plans if period.starts_at <= now < period.ends_at), None)
    found = _allowances(line, now, with_past=used is not None)
    history = history_of(line, periods[0].used, found, now=now) if used is not None and periods else None  # type: ignore[attr-defined]
    each = history.forecast_each(now) if history else {}
    valid = [allowance for allowance in found if allowance.expires_at > now]
    buckets = [Bucket(allowance, now, each.get(allowance.pk)) for allowance in valid]
    main = next((bucket for bucket in buckets if running and _is_main(bucket, running)), None)
    return Overview(
        standing=standing_of(plans, now=now, is_waiting=is_waiting),
        period=running,
        queued=[period for period in plans if period.starts_at > now],
        add_ons=[period for period in periods if period.kind == PlanKind.ADD_ON],
        main=main,
        buckets=sorted(
            (bucket for bucket in buckets if bucket is not main), key=lambda bucket: _place(bucket, running)
        ),
        last=next((period for period in reversed(plans) if period.ends_at <= now), None),
        history=history,
        forecast=history.forecast(now, until=running.ends_at) if history and running else None,
    )


def _periods(line: Line, now: datetime, used: BaseExpression | None) -> Sequence[PlanPeriod]:
    """What runs and waits, and the last plan that ended, oldest first."""
    standing = PlanPeriod.objects.standing().filter(line=line)
    last = standing.filter(line=OuterRef("line"), kind=PlanKind.PLAN).past(now).order_by("-ends_at").values("pk")[:1]
    found = standing.filter(Q(ends_at__gt=now) | Q(pk=Subquery(last))).select_related("plan").order_by("starts_at")
    return list(found if used is None else found.annotate(used=used))


def _allowances(line: Line, now: datetime, *, with_past: bool) -> Sequence[Allowance]:
    """What is valid; `with_past`: and, for the pace, data that was, and whether each works in the line's own country."""
    begun = Allowance.objects.filter(line=line, starts_at__lte=now, frozen_at=None)
    begun = begun.select_related("period__plan", "zone").order_by("expires_at", "id")
    if not with_past:
        return list(begun.filter(expires_at__gt=now))
    at_home = ZoneCountry.objects.filter(zone=OuterRef("zone"), country=line.country)
    past = Q(unit=Unit.DATA, expires_at__gt=now - HISTORY)
    return list(begun.filter(Q(expires_at__gt=now) | past).annotate(works_at_home=Exists(at_home)))


def _is_main(bucket: Bucket, running: PlanPeriod) -> bool:
    return bucket.unit == Unit.DATA and bucket.allowance.period_id == running.pk


def _place(bucket: Bucket, running: PlanPeriod | None) -> tuple[bool, int, datetime]:
    """The plan's own minutes and texts first, then add-ons and gifts by their end."""
    is_extra = running is None or bucket.allowance.period_id != running.pk
    return (is_extra, list(Unit).index(Unit(bucket.unit)) if not is_extra else 0, bucket.expires_at)
