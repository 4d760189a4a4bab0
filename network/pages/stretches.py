"""What a usage page looks at: a day by its hours, a month or a plan period by its days, a year by its months; by the line's clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from plans.models import Allowance, PlanPeriod

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
#: A longer time is drawn by weeks, or by months: more bars are too thin for a phone.
_MOST_DAYS, _MOST_DAYS_BY_WEEK = 45, 400


class Step(Enum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Slot:
    """One bar: `key` is an instant for an hour, a day, or the first day of a week or a month."""

    key: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Stretch:
    """`[starts_at, ends_at)`, drawn in steps; what was used before `seen_from` is not the reader's to see."""

    show: str
    of: str
    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo
    step: Step
    seen_from: datetime
    filters: dict[str, Any] = field(default_factory=dict)
    period: PlanPeriod | None = None

    @property
    def from_at(self) -> datetime:
        """From when on use is counted."""
        return max(self.starts_at, self.seen_from)

    @property
    def first_day(self) -> date:
        """The first day of which something is counted."""
        return self.from_at.astimezone(self.zone).date()

    @property
    def last_day(self) -> date:
        return (self.ends_at - timedelta(microseconds=1)).astimezone(self.zone).date()

    @property
    def slots(self) -> list[Slot]:
        drawn = {
            Step.HOUR: self._hours,
            Step.DAY: lambda: self._days(1),
            Step.WEEK: lambda: self._days(7),
            Step.MONTH: self._months,
        }
        return list(drawn[self.step]())

    def key_of(self, day: date) -> date:
        """The bar in which a day counts; weeks are counted from the first day."""
        if self.step == Step.MONTH:
            return day.replace(day=1)
        first = self.starts_at.astimezone(self.zone).date()
        return first + (day - first) // (7 * _DAY) * 7 * _DAY if self.step == Step.WEEK else day

    def _hours(self) -> Iterator[Slot]:
        """23 on the day on which clocks go forward, 25 when they go back."""
        at = self.starts_at
        while at < self.ends_at:
            yield Slot(at, at, min(at + _HOUR, self.ends_at))
            at += _HOUR

    def _days(self, count: int) -> Iterator[Slot]:
        day = self.starts_at.astimezone(self.zone).date()
        while day <= self.last_day:
            begins, ends = midnight(day, self.zone), midnight(day + count * _DAY, self.zone)
            yield Slot(day, max(begins, self.starts_at), min(ends, self.ends_at))
            day += count * _DAY

    def _months(self) -> Iterator[Slot]:
        month = self.starts_at.astimezone(self.zone).date().replace(day=1)
        while month <= self.last_day:
            following = (month + 31 * _DAY).replace(day=1)
            yield Slot(month, midnight(month, self.zone), midnight(following, self.zone))
            month = following


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the day begins; where clocks skip midnight, the one that they skip to."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def of_day(day: date, zone: ZoneInfo, *, seen_from: datetime) -> Stretch:
    made = _between("day", day.isoformat(), day, day + _DAY, zone, Step.HOUR, seen_from)
    return replace(made, filters={"since": day, "until": day})


def of_month(month: date, zone: ZoneInfo, *, seen_from: datetime) -> Stretch:
    first, following = month.replace(day=1), (month.replace(day=1) + 31 * _DAY).replace(day=1)
    made = _between("month", f"{first:%Y-%m}", first, following, zone, Step.DAY, seen_from)
    return replace(made, filters={"since": first, "until": following - _DAY})


def of_year(year: int, zone: ZoneInfo, *, seen_from: datetime) -> Stretch:
    made = _between("year", str(year), date(year, 1, 1), date(year + 1, 1, 1), zone, Step.MONTH, seen_from)
    return replace(made, filters={"since": date(year, 1, 1), "until": date(year, 12, 31)})


def of_period(period: PlanPeriod, zone: ZoneInfo, *, seen_from: datetime) -> Stretch:
    return Stretch(
        show="period",
        of=str(period.pk),
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        zone=zone,
        step=_step(period.ends_at - period.starts_at),
        seen_from=seen_from,
        filters={"period": period.pk},
        period=period,
    )


def of_life(allowance: Allowance, zone: ZoneInfo, *, seen_from: datetime, now: datetime) -> Stretch:
    """As long as an allowance can be used; of one that is there for years, what is known and the year to come."""
    starts_at, ends_at = allowance.starts_at, allowance.expires_at
    step = _step(ends_at - starts_at)
    if step == Step.MONTH:
        starts_at = min(max(starts_at, seen_from), ends_at - _HOUR)
        ends_at = min(ends_at, max(now, starts_at) + 365 * _DAY)
    return Stretch("", "", starts_at, ends_at, zone, step, seen_from, {"allowance": allowance.pk})


def _step(length: timedelta) -> Step:
    if length <= 26 * _HOUR:
        return Step.HOUR
    if length <= _MOST_DAYS * _DAY:
        return Step.DAY
    return Step.WEEK if length <= _MOST_DAYS_BY_WEEK * _DAY else Step.MONTH


def _between(
    show: str, of: str, first: date, following: date, zone: ZoneInfo, step: Step, seen_from: datetime
) -> Stretch:
    return Stretch(show, of, midnight(first, zone), midnight(following, zone), zone, step, seen_from)
