"""Moments at which people in Berlin are awake: what may not wake anybody waits, and tests run at any hour."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def awake_after(moment: datetime) -> datetime:
    """`moment`, or the next at which people are up."""
    while not 9 <= moment.astimezone(BERLIN).hour <= 20:
        moment += HOUR
    return moment


def awake_before(end: datetime) -> datetime:
    """The first moment of the last day before `end` at which people are up."""
    return awake_after(end - timedelta(hours=23, minutes=50))


def awake_zone() -> str:
    """A time zone in which it is two in the afternoon."""
    ahead = 14 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"
