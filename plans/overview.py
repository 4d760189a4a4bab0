"""Everything the dashboard says about a line's plans, in two queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from accounts.models import Line
from lib import wording
from plans.models import Allowance, Plan, PlanKind, PlanPeriod, Unit
from plans.standing import Standing, standing_of

#: Below this share of what was granted an allowance is said to run low.
LOW_PERCENT = 20
#: A pace is guessed only after this share of the time has passed, or it jumps about.
_PACE_FROM = 0.05


@dataclass(frozen=True)
class Bucket:
    """An allowance as a page shows it: what is left of what was granted (None: unlimited), in the unit's base."""

    allowance: Allowance
    now: datetime

    @property
    def unit(self) -> str:
        return self.allowance.unit

    @property
    def title(self) -> str:
        """What granted it, when that is not the running plan: `More 5`."""
        period = self.allowance.period
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
    def lasts_until(self) -> datetime | None:
        """When it is used up at the pace so far; None when that is after its end, unlimited, used up already, or too early to say."""
        elapsed = self.now - self.allowance.starts_at
        whole = self.allowance.expires_at - self.allowance.starts_at
        if not self.remaining or not self.allowance.used or elapsed < whole * _PACE_FROM:
            return None
        lasts = timedelta(seconds=elapsed.total_seconds() * self.remaining / self.allowance.used)
        return self.now + lasts if self.now + lasts < self.allowance.expires_at else None

    @property
    def says(self) -> str:
        """What is worth knowing beside the figure, or nothing."""
        if self.allowance.granted is None:
            return self._slows()
        if self.remaining == 0:
            return _("used up")
        if self.unit == Unit.DATA and (until := self.lasts_until):
            return _("at your pace it lasts until %(day)s") % {"day": wording.date_in_words(until, now=self.now)}
        return ""

    def _slows(self) -> str:
        if self.allowance.full_speed_amount is None:
            return ""
        fast = max(0, self.allowance.full_speed_amount - self.allowance.used)
        return _("%(amount)s at full speed left") % {"amount": wording.data_in_words(fast)}


@dataclass(frozen=True)
class Overview:
    """`main` is the running plan's data, `buckets` everything else that can be used now, first to expire first."""

    standing: Standing
    period: PlanPeriod | None
    queued: list[PlanPeriod]
    add_ons: list[PlanPeriod]
    main: Bucket | None
    buckets: list[Bucket] = field(default_factory=list)
    last: PlanPeriod | None = None

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
    def usual_plan(self) -> Plan | None:
        """The plan to offer again: what is queued last, else what runs, else the last one; the caller checks that it is on sale."""
        period = self.queued[-1] if self.queued else self.period or self.last
        return period.plan if period else None


def overview(line: Line, *, now: datetime, is_waiting: bool = False) -> Overview:
    """What `line` has at `now`. `is_waiting`: an order for a plan waits for its money."""
    periods = _periods(line, now)
    plans = [period for period in periods if period.kind == PlanKind.PLAN]
    running = next((period for period in plans if period.starts_at <= now < period.ends_at), None)
    buckets = [Bucket(allowance, now) for allowance in _allowances(line, now)]
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
    )


def _periods(line: Line, now: datetime) -> Sequence[PlanPeriod]:
    """What runs and waits, and the last plan that ended, oldest first."""
    standing = PlanPeriod.objects.standing().filter(line=line)
    last = standing.filter(line=OuterRef("line"), kind=PlanKind.PLAN).past(now).order_by("-ends_at").values("pk")[:1]
    return list(standing.filter(Q(ends_at__gt=now) | Q(pk=Subquery(last))).select_related("plan").order_by("starts_at"))


def _allowances(line: Line, now: datetime) -> Sequence[Allowance]:
    valid = Allowance.objects.filter(line=line, starts_at__lte=now, expires_at__gt=now, frozen_at=None)
    return list(valid.select_related("period__plan", "zone").order_by("expires_at", "id"))


def _is_main(bucket: Bucket, running: PlanPeriod) -> bool:
    return bucket.unit == Unit.DATA and bucket.allowance.period_id == running.pk


def _place(bucket: Bucket, running: PlanPeriod | None) -> tuple[bool, int, datetime]:
    """The plan's own minutes and texts first, then add-ons and gifts by their end."""
    is_extra = running is None or bucket.allowance.period_id != running.pk
    return (is_extra, list(Unit).index(Unit(bucket.unit)) if not is_extra else 0, bucket.expires_at)
