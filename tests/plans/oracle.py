"""The arithmetic of plan periods once more, by walking: no month formula, no `fold`, only what a wall clock shows at UTC instants."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


def months_later(anchor: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The first UTC instant at which a wall clock in `zone` shows the anchor's time on the wanted day."""
    shown = _wall_clock(anchor, zone)
    return _first_instant_showing(datetime.combine(_same_day(shown.date(), months), shown.time()), zone)


def _wall_clock(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def _same_day(start: date, months: int) -> date:
    """Walk day by day into the month wanted, then on until the day's number is reached or the month is over."""
    day, entered = start, 0
    while entered < months:
        day += _DAY
        entered += day.day == 1
    while day.day < start.day and (day + _DAY).month == day.month:
        day += _DAY
    return day


def _first_instant_showing(wanted: datetime, zone: ZoneInfo) -> datetime:
    """Walk UTC minute by minute, from before any place on earth shows `wanted` until its wall clock has reached it."""
    whole_minute = wanted.replace(second=0)
    instant = whole_minute.replace(tzinfo=UTC) - timedelta(hours=28)
    instant = _near(instant, whole_minute, zone)
    while _wall_clock(instant, zone) < whole_minute:
        instant += _MINUTE
    seconds = timedelta(seconds=wanted.second)
    if _wall_clock(instant, zone) == whole_minute:
        return instant + seconds
    before = instant - _MINUTE
    not_yet_gone = whole_minute - _wall_clock(before, zone)
    return before + not_yet_gone + seconds


def _near(instant: datetime, wanted: datetime, zone: ZoneInfo) -> datetime:
    """Skip whole hours as long as the clock stays two hours short of `wanted`, so that the walk ends before the universe does."""
    while _wall_clock(instant + timedelta(hours=1), zone) < wanted - timedelta(hours=2) and _is_calm(instant, zone):
        instant += timedelta(hours=1)
    return instant


def _is_calm(instant: datetime, zone: ZoneInfo) -> bool:
    later = instant + timedelta(hours=1)
    return _wall_clock(later, zone) - _wall_clock(instant, zone) == timedelta(hours=1)


def on(text: str, zone: str) -> datetime:
    """`2026-01-31 14:20` on the wall clock of `zone`, as a UTC instant, for readable tests (not for doubled or skipped times)."""
    day, _space, clock = text.partition(" ")
    local = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
