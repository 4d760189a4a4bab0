"""Hours in which no message should ring: from ten in the evening until eight in the morning, by the reader's clock."""

from datetime import datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

#: The first and the last hour of the day in which people are told.
FIRST_HOUR, LAST_HOUR = 8, 21
#: From the beginning of the last hour until the next morning's first, at most.
LONGEST_NIGHT = timedelta(hours=24 - LAST_HOUR + FIRST_HOUR)


def zones_asleep(now: datetime) -> list[str]:
    """Time zones in which `now` is no time for a message. One that nobody knows is taken to be awake."""
    return [zone for zone, hour in _hours(_quarter(now)) if not FIRST_HOUR <= hour <= LAST_HOUR]


def zones_in_the_evening(now: datetime) -> list[str]:
    """Time zones in which the last hour has begun: what cannot wait until the morning is told in it."""
    return [zone for zone, hour in _hours(_quarter(now)) if hour == LAST_HOUR]


def awake_at(moment: datetime, time_zone: str) -> datetime:
    """`moment`, or the next morning's first hour when it is in the night of `time_zone`."""
    local = moment.astimezone(ZoneInfo(time_zone))
    if FIRST_HOUR <= local.hour <= LAST_HOUR:
        return moment
    morning = local.replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0)
    if local.hour > LAST_HOUR:
        morning += timedelta(days=1)
    return morning.astimezone(moment.tzinfo)


def _quarter(now: datetime) -> datetime:
    """Zones differ by quarters of an hour."""
    return now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)


@lru_cache(maxsize=8)
def _hours(now: datetime) -> list[tuple[str, int]]:
    return [(zone, now.astimezone(ZoneInfo(zone)).hour) for zone in _zones()]


@cache
def _zones() -> list[str]:
    return sorted(available_timezones())
