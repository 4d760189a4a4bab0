"""Days of made-up people, and what they come to: the plain sums that the forecast is held against."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from plans.pace import DayUse, Spell

BERLIN = ZoneInfo("Europe/Berlin")
GB = 10**9
DAY = timedelta(days=1)
LONG = timedelta(days=400)
#: GB a day of people with even days, with a film now and then, with full weekends, and with wild days.
Habit = Callable[[random.Random, date], float]
HABITS: dict[str, Habit] = {
    "even": lambda dice, _day: dice.gammavariate(4, 0.125),
    "films": lambda dice, _day: 0.2 * dice.gammavariate(2, 0.5) + (1.5 if dice.random() < 0.12 else 0),
    "weekends": lambda dice, day: (1.1 if day.weekday() >= 5 else 0.3) * dice.gammavariate(2, 0.5),
    "wild": lambda dice, _day: dice.lognormvariate(-1.2, 1.1),
    "seldom": lambda dice, _day: dice.expovariate(2) if dice.random() < 0.3 else 0.0,
}


def at(day: date, hour: int = 0) -> datetime:
    """In Berlin."""
    return datetime.combine(day, time(hour), BERLIN).astimezone(UTC)


def days_of(amounts: dict[date, float]) -> dict[date, DayUse]:
    """GB by day, all of it covered; days without use have no row."""
    return {day: DayUse(int(amount * GB), int(amount * GB)) for day, amount in amounts.items() if amount}


def spell(room: float | None, *, key: str = "plan", **more: object) -> Spell:
    """`room` in GB; valid for ever unless `more` says so."""
    left = None if room is None else int(room * GB)
    facts = {"starts_at": at(date(2026, 1, 1)), "ends_at": at(date(2027, 6, 1)), "granted": left, "room": left}
    return Spell(key=key, **(facts | more))  # type: ignore[arg-type]  # by name


def true_end(habit: Habit, dice: random.Random, *, first: date, room: float) -> datetime:
    """The moment at which `room` GB are used, beginning with the whole day `first`."""
    day, left = first, room
    while (amount := habit(dice, day)) < left:
        left -= amount
        day += DAY
        if day - first > LONG:
            return at(day)
    return at(day) + DAY * (left / amount)


def share(flags: list[bool]) -> float:
    return sum(flags) / len(flags)
