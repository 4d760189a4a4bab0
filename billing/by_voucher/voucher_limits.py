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
            log.warning("voucher.too_often", cap=cap.name, subscriber_id=subscriber_id)
            if cap.name == "vouchers":
                _say_once(cap)
            raise TooManyTries


def uncount(*, subscriber_id: int, address: str) -> None:
    """The try was a right code."""
    for cap, key in _caps(subscriber_id, address):
        give_back(cap, key)


def _caps(subscriber_id: int, address: str) -> list[tuple[Cap, str]]:
    return [
        (Cap("vouchers_account", settings.VOUCHER_TRIES_PER_ACCOUNT_HOUR, _HOUR), str(subscriber_id)),
        (Cap("vouchers_address", settings.VOUCHER_TRIES_PER_ADDRESS_HOUR, _HOUR), address),
        (Cap("vouchers", settings.VOUCHER_TRIES_PER_HOUR, _HOUR), "all"),
    ]


def _say_once(cap: Cap) -> None:
    if cache.add("vouchers:alarm", 1, timeout=_HOUR):
        alarm("voucher.guessing", subject="vouchers", detail=f"more than {cap.limit} wrong codes in an hour")
