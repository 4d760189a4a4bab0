"""By when an answer is promised: so many hours in which somebody is there."""

from datetime import datetime, timedelta

from django.conf import settings

from lib.brand import Opening, brand
from support.models import Topic

#: Further ahead nobody looks: an operator that never opens promises by the clock alone.
_DAYS = 60


def promised_by(topic: str, *, now: datetime) -> datetime:
    """When whoever asks at `now` has an answer at the latest."""
    hours = settings.SUPPORT_ANSWER_HOURS_MONEY if topic == Topic.PAYMENT else settings.SUPPORT_ANSWER_HOURS
    opening = brand().opening
    wait = timedelta(hours=hours)
    return (_counted(opening, wait, now=now) if opening else None) or now + wait


def _counted(opening: Opening, wait: timedelta, *, now: datetime) -> datetime | None:
    """The moment at which `wait` is over, counted while it is open; the minutes begun are given."""
    local = now.astimezone(opening.zone)
    for ahead in range(_DAYS):
        day = local.date() + timedelta(days=ahead)
        if hours := opening.days[day.weekday()]:
            opens, closes = (datetime.combine(day, moment, opening.zone).astimezone(now.tzinfo) for moment in hours)
            begin = max(opens, now)
            if closes - begin >= wait:
                return begin + wait
            wait -= max(closes - begin, timedelta())
    return None
