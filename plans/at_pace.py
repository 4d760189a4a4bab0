"""A line's data at its owner's pace: what was used by day and the allowances it was used from, read into one history."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

from accounts.models import Line
from plans import run_out
from plans.models import Allowance, Unit
from plans.pace import ENOUGH_DAYS, HISTORY_DAYS, DayUse, Pace, Spell, pace_of
from plans.run_out import Forecast

#: How far back days and allowances are read: whole days of any time zone.
HISTORY = timedelta(days=HISTORY_DAYS + 1)


class DayRead(TypedDict):
    """A row of the column of used days, several of a day when it was used in several countries; in bytes; of which `covered` by allowances."""

    day: str
    amount: int
    covered: int


@dataclass(frozen=True)
class History:
    """`spells`: the data that can be used at home, and could. `pace`: None while it is too early to say."""

    pace: Pace | None
    spells: Sequence[Spell]

    @property
    def is_enough(self) -> bool:
        """Whether there is enough of it to compare plans by."""
        return self.pace is not None and self.pace.days_count >= ENOUGH_DAYS and self.pace.level > 0

    def forecast(self, now: datetime, *, until: datetime) -> Forecast | None:
        """Until when all data together lasts."""
        return run_out.forecast(self.pace, self.spells, now=now, until=until) if self.pace else None

    def forecast_each(self, now: datetime) -> Mapping[Hashable, Forecast]:
        """The same of each allowance, by its id."""
        return run_out.forecast_each(self.pace, self.spells, now=now) if self.pace else {}


def history_of(
    line: Line, days: Iterable[DayRead] | None, allowances: Iterable[Allowance], *, now: datetime
) -> History:
    """`allowances` of any unit, those that are over included, each with `works_at_home`."""
    spells = [_spell(one) for one in allowances if one.unit == Unit.DATA and one.works_at_home]  # type: ignore[attr-defined]
    return History(pace_of(_by_day(days or ()), spells, now=now, zone=ZoneInfo(line.time_zone)), spells)


def _by_day(days: Iterable[DayRead]) -> dict[date, DayUse]:
    found: dict[date, DayUse] = {}
    for row in days:
        day = date.fromisoformat(row["day"])
        before = found.get(day, DayUse(0, 0))
        found[day] = DayUse(before.amount + row["amount"], before.covered + row["covered"])
    return found


def _spell(allowance: Allowance) -> Spell:
    whole, is_slowing = allowance.granted, False
    if whole is None:
        whole, is_slowing = allowance.full_speed_amount, allowance.full_speed_amount is not None
    return Spell(
        key=allowance.pk,
        starts_at=allowance.starts_at,
        ends_at=allowance.expires_at,
        granted=whole,
        room=None if whole is None else max(0, whole - allowance.used - allowance.gifted),
        is_slowing=is_slowing,
    )
