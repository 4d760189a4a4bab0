"""What a phone uses in an hour: always the same for the same phone and hour, whoever asks and however often."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from zoneinfo import ZoneInfo

from sandbox.network.habits import HABITS, Habit, Shape

HOUR = 3600
#: What the network is late with at most.
LATEST_SECONDS = 2 * HOUR
_SATURDAY = 5
#: A session is cut into a record whenever so much has gone through; while somebody may be looking also by the clock.
_CUT_BYTES = 120_000_000
_LEAST_BYTES = 2_000
_LATE, _TWICE = 0.03, 0.01


@dataclass(frozen=True)
class Phone:
    """A number and how it is used. From the hour `fine_from` (since 1970) on data is told in small pieces, before by the hour.
    `data_scale` is what its habit's data is multiplied by.
    """

    number: str
    habit: str
    time_zone: str
    home: str
    fine_from: int
    data_scale: float = 1.0


@dataclass(frozen=True)
class Use:
    """One record. `arrives_at`: when mediation hands it in; late for some, twice for some."""

    record_id: str
    number: str
    used_at: int
    unit: str
    amount: int
    country: str
    arrives_at: tuple[int, ...]


def hours(first: float, last: float) -> range:
    """Every hour that has a part between two moments."""
    return range(int(first) // HOUR, int(last) // HOUR + 1)


@lru_cache(maxsize=40_000)
def in_hour(phone: Phone, hour: int) -> tuple[Use, ...]:
    """In the order in which they were used."""
    chance = _chance(phone.number, hour)
    local = datetime.fromtimestamp(hour * HOUR, ZoneInfo(phone.time_zone))
    habit = HABITS[phone.habit]
    country = _country(habit, local.date()) or phone.home
    parts = chain(_data(phone, habit, local, hour, chance), _talk(habit, local, hour, chance))
    uses = [
        Use(
            f"{phone.number[1:]}-{hour}-{unit[0]}{place}",
            phone.number,
            at,
            unit,
            amount,
            country,
            _arrivals(at, chance),
        )
        for place, (at, unit, amount) in enumerate(parts)
    ]
    return tuple(sorted(uses, key=lambda use: (use.used_at, use.record_id)))


@lru_cache(maxsize=40_000)
def sums_of_hour(phone: Phone, hour: int) -> dict[str, int]:
    """By unit. Not to be changed."""
    sums = {"data": 0, "voice": 0, "texts": 0}
    for use in in_hour(phone, hour):
        sums[use.unit] += use.amount
    return sums


def _chance(*seeds: object) -> random.Random:
    """The same for the same seeds, in every process."""
    digest = blake2b("|".join(map(str, seeds)).encode(), digest_size=8).digest()
    return random.Random(int.from_bytes(digest, "big"))  # noqa: S311  a play, no secret


def _country(habit: Habit, day: date) -> str:
    return next((country for first, last, country in habit.trips if first <= day.day <= last), "")


def _weight(shape: Shape, local: datetime) -> float:
    return shape[local.hour] / sum(shape)


def _data(
    phone: Phone, habit: Habit, local: datetime, hour: int, chance: random.Random
) -> Iterator[tuple[int, str, int]]:
    kind = local.weekday() >= _SATURDAY
    shape = habit.data_hours[kind]
    of_day = _chance(phone.number, local.date()).uniform(0.6, 1.4)
    amount = habit.data_mb[kind] * 1e6 * phone.data_scale * of_day * chance.uniform(0.7, 1.3)
    amount *= (shape[local.hour] + 0.05) / (sum(shape) + 1.2)  # something goes through at night, too
    pieces = 1 + int(amount / _CUT_BYTES)
    if hour >= phone.fine_from:
        pieces = max(pieces, 1 + habit.cuts_an_hour * shape[local.hour] // max(shape))
    weights = [chance.uniform(0.5, 1.5) for _piece in range(pieces)]
    for place, weight in enumerate(weights):
        piece = int(amount * weight / sum(weights))
        if piece >= _LEAST_BYTES:
            at = hour * HOUR + int((place + chance.random()) * HOUR / pieces)
            yield at, "data", piece


def _talk(habit: Habit, local: datetime, hour: int, chance: random.Random) -> Iterator[tuple[int, str, int]]:
    kind = local.weekday() >= _SATURDAY
    for _call in range(_times(habit.calls[kind] * _weight(habit.call_hours[kind], local), chance)):
        seconds = int(chance.expovariate(1 / habit.call_seconds))
        yield hour * HOUR + chance.randrange(HOUR), "voice", min(max(seconds, 7), HOUR)
    for _text in range(_times(habit.texts[kind] * _weight(habit.text_hours, local), chance)):
        yield hour * HOUR + chance.randrange(HOUR), "texts", 1


def _times(rate: float, chance: random.Random) -> int:
    return int(rate) + (chance.random() < rate % 1)


def _arrivals(at: int, chance: random.Random) -> tuple[int, ...]:
    """Mostly at once; the network is late now and then, and sometimes tells twice."""
    drawn = chance.random()
    if drawn < _LATE:
        return (at + chance.randrange(60, LATEST_SECONDS),)
    return (at, at + chance.randrange(60, 900)) if drawn < _LATE + _TWICE else (at,)
