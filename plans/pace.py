"""How fast a line uses data, from what it used day by day. Pure arithmetic: no database, no clock. See docs/pace.md.

Days are those of the line's time zone. A day tells something only if data could be used on all of it: a day without a plan, or after
everything was used up, says nothing of how much its owner would have used. Newer days weigh more; once each day of the week has been seen often
enough, they may differ. Records come late: what has only just ended is not taken for what was used on it.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from math import sqrt
from zoneinfo import ZoneInfo

#: How far back days are looked at, and after how many a day weighs half.
HISTORY_DAYS = 56
_HALF_LIFE_DAYS = 14
#: Fewer days that tell something are no pace, and fewer than these not one to compare plans by.
LEAST_DAYS = 3
ENOUGH_DAYS = 7
#: Counted days from which on days of the week may differ.
_RHYTHM_DAYS = 28
#: A day's records are all there so long after its end; and silence of so many days may be records that are late.
LATE = timedelta(hours=12)
LATE_DAYS = 2
#: How uneven days usually are (variance by squared mean), as if so many more days had been seen.
_USUAL_UNEVENNESS = 0.6
_USUAL_DAYS = 4
#: Habits change: how far the days to come may be off the days seen, as a whole (variance by squared mean).
_CHANGE = 0.01
#: The middle four fifths: one in ten uses more than the heavy case, one in ten less than the light one.
_Z = 1.2816
#: Below it the approximation of `Pace.total` is none.
_LEAST_SHAPE = 0.15
_DAY = timedelta(days=1)


class Case(IntEnum):
    LIGHT = -1
    USUAL = 0
    HEAVY = 1


@dataclass(frozen=True)
class DayUse:
    """What was used on a day in bytes; of which `covered` by allowances."""

    amount: int
    covered: int


@dataclass(frozen=True, kw_only=True)
class Spell:
    """`[starts_at, ends_at)`: while an allowance of data is valid. `granted` and `room`, what is left of it, count full speed alone where it
    slows down after that (`is_slowing`); None without limit.
    """

    key: Hashable
    starts_at: datetime
    ends_at: datetime
    granted: int | None
    room: int | None
    is_slowing: bool = False


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """`[starts_at, ends_at)` within one day. `load` says how much of an ordinary day's use falls into it, `square` how uneven that is."""

    starts_at: datetime
    ends_at: datetime
    load: float
    square: float


@dataclass(frozen=True, kw_only=True)
class Pace:
    """`level`: bytes of an ordinary day; `rhythm`: by how much each day of the week differs, Monday first, 1 on average.

    `unevenness` is the variance of a day by its squared mean, `known` by how many equally good days the level is known, `days_count` how many days
    it was taken from. `arrived`: what is known of today and of days whose records may still come.
    """

    level: float
    unevenness: float
    known: float
    days_count: int
    zone: ZoneInfo
    rhythm: tuple[float, ...] = (1.0,) * 7
    arrived: Mapping[date, int] = field(default_factory=dict)

    def total(self, load: float, square: float, case: Case) -> float:
        """What is used in stretches of these sums. Totals of days spread like a gamma distribution; its quantile after Wilson and Hilferty."""
        if not load or not self.level:
            return 0.0
        apart = self.unevenness * square / (load * load) + self.unevenness / self.known + _CHANGE
        shape = max(_LEAST_SHAPE, 1 / apart)
        z = _Z + (_Z**3 + _Z) / (4 * max(1.0, self.known - 1))  # Student's: few days, wide band
        root = 1 - 1 / (9 * shape) + case * z / (3 * sqrt(shape))
        return self.level * load * max(0.0, root) ** 3

    def ahead(self, *, now: datetime, until: datetime, is_fresh: bool = False) -> Iterator[Stretch]:
        """The stretches from `now` to `until`; at first, at once, what was used already and is still to come, unless `is_fresh`."""
        today = now.astimezone(self.zone).date()
        if not is_fresh and (late := self._late(today)):
            yield Stretch(starts_at=now, ends_at=now, load=late, square=late)
        day, at = today, now
        while at < until:
            midnight = _start_of(day + _DAY, self.zone)
            share = (min(midnight, until) - at) / (midnight - _start_of(day, self.zone))
            usual = self.rhythm[day.weekday()]
            load = share * usual
            if day == today and not is_fresh and midnight <= until:
                load = max(load, usual - self._arrived(today))
            yield Stretch(starts_at=at, ends_at=min(midnight, until), load=load, square=load * usual)
            day, at = day + _DAY, midnight

    def _late(self, today: date) -> float:
        """How much of ordinary days is still to come of those that are over."""
        over = (day for day in self.arrived if day < today)
        return sum(max(0.0, self.rhythm[day.weekday()] - self._arrived(day)) for day in over)

    def _arrived(self, day: date) -> float:
        return self.arrived.get(day, 0) / self.level if self.level else 0.0


def pace_of(used: Mapping[date, DayUse], spells: Sequence[Spell], *, now: datetime, zone: ZoneInfo) -> Pace | None:
    """The pace at `now`; None while there are too few days to say. `spells`: whatever was valid since the first of `used`."""
    if not used:
        return None
    today = now.astimezone(zone).date()
    open_days = [today - number * _DAY for number in range(LATE_DAYS + 1)]
    open_days = [day for day in open_days if _is_open(day, today, used, now=now, zone=zone)]
    told = _days_that_tell(used, spells, today=today, zone=zone)
    amounts = {day: used[day].amount if day in used else 0 for day in told if day not in open_days}
    if len(amounts) < LEAST_DAYS:
        return None
    weights = {day: 0.5 ** ((today - day).days / _HALF_LIFE_DAYS) for day in amounts}
    known = sum(weights.values()) ** 2 / sum(weight * weight for weight in weights.values())
    level = _mean(amounts, weights)
    rhythm = _rhythm(amounts, weights, level, known)
    return Pace(
        level=level,
        unevenness=_unevenness(amounts, weights, level, rhythm, known),
        known=known,
        days_count=len(amounts),
        zone=zone,
        rhythm=rhythm,
        arrived={day: used[day].amount if day in used else 0 for day in open_days},
    )


def _is_open(day: date, today: date, used: Mapping[date, DayUse], *, now: datetime, zone: ZoneInfo) -> bool:
    """Whether records of `day` may still come: it has hardly ended, or nothing has come of it or after it."""
    return day == today or now < _start_of(day + _DAY, zone) + LATE or day > max(used)


def _days_that_tell(
    used: Mapping[date, DayUse], spells: Sequence[Spell], *, today: date, zone: ZoneInfo
) -> Iterator[date]:
    """Days before today from the first use on, on all of which data could be used."""
    lasted = [(spell, _lasted(spell, used, today=today, zone=zone)) for spell in spells]
    day = max(min(used), today - HISTORY_DAYS * _DAY)
    while day < today:
        starts_at, ends_at = _start_of(day, zone), _start_of(day + _DAY, zone)
        if _is_covered([spell for spell, last in lasted if last >= day], starts_at, ends_at):
            yield day
        day += _DAY


def _lasted(spell: Spell, used: Mapping[date, DayUse], *, today: date, zone: ZoneInfo) -> date:
    """The last day on which there was something left of it, by what was used while it was valid; what follows it may share its last day."""
    if spell.room is None or spell.room > 0:
        return today
    first, end = spell.starts_at.astimezone(zone).date(), spell.ends_at.astimezone(zone).date()
    days = sorted(day for day, use in used.items() if first <= day < end and use.covered)
    if spell.is_slowing and spell.granted is not None:
        left = spell.granted
        for day in days:
            left -= used[day].covered
            if left <= 0:
                return day
    return days[-1] if days else first - _DAY


def _is_covered(spells: Sequence[Spell], starts_at: datetime, ends_at: datetime) -> bool:
    """Whether they leave no gap."""
    at = starts_at
    for spell in sorted(spells, key=lambda spell: spell.starts_at):
        if spell.starts_at <= at:
            at = max(at, spell.ends_at)
    return at >= ends_at


def _mean(amounts: Mapping[date, float], weights: Mapping[date, float]) -> float:
    return sum(weights[day] * amount for day, amount in amounts.items()) / sum(weights[day] for day in amounts)


def _rhythm(
    amounts: Mapping[date, int], weights: Mapping[date, float], level: float, known: float
) -> tuple[float, ...]:
    """By how much each day of the week differs, as far as they differ more than chance makes seven samples differ (James and Stein)."""
    if len(amounts) < _RHYTHM_DAYS or not level:
        return (1.0,) * 7
    own = [{day: amount for day, amount in amounts.items() if day.weekday() == weekday} for weekday in range(7)]
    seen = [_mean(days, weights) / level if days else 1.0 for days in own]
    apart = {day: (amount / level - seen[day.weekday()]) ** 2 for day, amount in amounts.items()}
    by_chance = _mean(apart, weights) * 7 / max(1.0, known - 7)
    spread = sum((factor - 1) ** 2 for factor in seen) / 7
    share = max(0.0, 1 - by_chance / spread) if spread else 0.0
    factors = [1 + share * (factor - 1) for factor in seen]
    return tuple(factor * 7 / sum(factors) for factor in factors)


def _unevenness(
    amounts: Mapping[date, int], weights: Mapping[date, float], level: float, rhythm: Sequence[float], known: float
) -> float:
    if not level:
        return _USUAL_UNEVENNESS
    apart = {day: (amount / level - rhythm[day.weekday()]) ** 2 for day, amount in amounts.items()}
    seen = _mean(apart, weights) * known / max(1.0, known - 1)
    return (known * seen + _USUAL_DAYS * _USUAL_UNEVENNESS) / (known + _USUAL_DAYS)


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
