"""How many wrong codes may be tried. Counted before a code is looked up; a right one is given back.

Against guessing (OWASP ASVS 5.0, 2.4.1): a cap for each account, each address, and all of them together.
"""

import structlog
from django.conf import settings
from django.core.cache import cache

from lib.alarm import alarm
from lib.limits import Cap, give_back, over

log = structlog.get_logger(__name__)
_HOUR = 3600


class TooManyTries(Exception):
    """A cap is reached; nothing was looked up."""


def count(*, subscriber_id: int, address: str) -> None:
    """Count one try. Raises TooManyTries."""
    for cap, key in _caps(subscriber_id, address):
        if over(cap, key):
            log.warning("group.too_often", cap=cap.name, subscriber_id=subscriber_id)
            if cap.name == "group_codes" and cache.add("group_codes:alarm", 1, timeout=_HOUR):
                alarm("group.guessing", subject="groups", detail=f"more than {cap.limit} wrong codes in an hour")
            raise TooManyTries


def uncount(*, subscriber_id: int, address: str) -> None:
    """The try was a right code."""
    for cap, key in _caps(subscriber_id, address):
        give_back(cap, key)


def _caps(subscriber_id: int, address: str) -> list[tuple[Cap, str]]:
    return [
        (Cap("group_codes_account", settings.GROUP_TRIES_PER_ACCOUNT_HOUR, _HOUR), str(subscriber_id)),
        (Cap("group_codes_address", settings.GROUP_TRIES_PER_ADDRESS_HOUR, _HOUR), address),
        (Cap("group_codes", settings.GROUP_TRIES_PER_HOUR, _HOUR), "all"),
    ]
