"""How much and how often data may be given and received in a day of the line's own clock, and how many numbers may be tried."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db.models import F, QuerySet, Sum

from accounts.models import Line
from lib.limits import Cap, give_back, over
from plans.gifts.refusals import CannotBeGiven, Why
from plans.models import AllowanceGift

log = structlog.get_logger(__name__)
_HOUR = 3600


def left_today(line: Line, *, now: datetime) -> int:
    """Bytes the line may still give today; 0 when it has given often enough. What was taken back counts as often, not as much."""
    given = _of_today(AllowanceGift.objects.filter(from_line=line), line, now=now)
    if given.count() >= settings.GIFTS_A_DAY:
        return 0
    return max(0, settings.GIFT_BYTES_A_DAY - _stays(given))


def check_giver(line: Line, amount_bytes: int, *, now: datetime) -> None:
    """Raises CannotBeGiven. The caller holds the line's row lock."""
    given = _of_today(AllowanceGift.objects.filter(from_line=line), line, now=now)
    if given.count() >= settings.GIFTS_A_DAY:
        raise CannotBeGiven(Why.MANY)
    if _stays(given) + amount_bytes > settings.GIFT_BYTES_A_DAY:
        raise CannotBeGiven(Why.MUCH)


def has_room(line: Line, amount_bytes: int, *, now: datetime) -> bool:
    """Whether the line may receive so much more today. The caller holds its row lock."""
    received = _of_today(AllowanceGift.objects.filter(to_line=line), line, now=now)
    return _stays(received) + amount_bytes <= settings.GIFT_RECEIVED_BYTES_A_DAY


def count_number(*, subscriber_id: int, address: str) -> None:
    """Count a number before it is looked up. Raises CannotBeGiven."""
    for cap, key in _caps(subscriber_id, address):
        if over(cap, key):
            log.warning("gift.too_often", cap=cap.name, subscriber_id=subscriber_id)
            raise CannotBeGiven(Why.TOO_OFTEN)


def uncount_number(*, subscriber_id: int, address: str) -> None:
    """It was not a wrong one."""
    for cap, key in _caps(subscriber_id, address):
        give_back(cap, key)


def _caps(subscriber_id: int, address: str) -> list[tuple[Cap, str]]:
    return [
        (Cap("gifts_account", settings.GIFT_WRONG_NUMBERS_PER_ACCOUNT_HOUR, _HOUR), str(subscriber_id)),
        (Cap("gifts_address", settings.GIFT_WRONG_NUMBERS_PER_ADDRESS_HOUR, _HOUR), address),
    ]


def _of_today(gifts: QuerySet[AllowanceGift], line: Line, *, now: datetime) -> QuerySet[AllowanceGift]:
    zone = ZoneInfo(line.time_zone)
    return gifts.filter(given_at__gte=datetime.combine(now.astimezone(zone).date(), time(), zone))


def _stays(gifts: QuerySet[AllowanceGift]) -> int:
    total: int = gifts.aggregate(total=Sum(F("amount_bytes") - F("given_back_bytes"), default=0))["total"]
    return int(total)
