"""The plan somebody is advised to take, remembered for an hour so that the plan list need not search each time it is looked at."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.cache import cache

from accounts.models import Line, Subscriber
from portal import advising

_HOUR = 3600


@dataclass(frozen=True)
class Advised:
    """The plan of the cheapest mix (its code), and how much less than was paid that mix would have cost in so many days."""

    code: str
    title: str
    saving_minor: int
    days: int


def advised(line: Line, reader: Subscriber, *, now: datetime) -> Advised | None:
    """None where nothing would have cost less, or too little is known. It may be an hour old."""
    today = now.astimezone(ZoneInfo(line.time_zone)).date()
    key = f"advised:{line.pk}:{reader.pk}:{today}:{line.credit_use_off_at is None}"
    known = cache.get(key)
    if known is None:
        known = _search(line, reader, now=now)
        cache.set(key, known, timeout=_HOUR)
    return Advised(*known) if known else None


def _search(line: Line, reader: Subscriber, *, now: datetime) -> list[str | int]:
    seen = advising.look(line, reader, now=now)
    choice = seen.choice
    return [str(choice.key), choice.title, seen.saving_minor, seen.count] if choice else []
