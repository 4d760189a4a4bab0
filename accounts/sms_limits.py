"""How many codes may go out by SMS. Counted before sending, on the shared cache, for known and unknown numbers alike.

Against SMS pumping (OWASP ASVS 5.0, 2.4.1 and 6.6.1): a cap for each number, each block of numbers, each address, and a budget a day.
"""

from dataclasses import dataclass

import structlog
from allauth.core.exceptions import RateLimited
from django.conf import settings
from django.core.cache import cache

from lib.alarm import alarm
from lib.msisdn import mask

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Cap:
    """At most `limit` in `seconds`."""

    name: str
    limit: int
    seconds: int


def count_or_refuse(msisdn: str, *, address: str) -> None:
    """Count one code for `msisdn`, asked for from `address`. Raises allauth.core.exceptions.RateLimited beyond a cap."""
    for cap, key in _caps(msisdn, address):
        if _over(cap, key):
            log.warning("sms.refused", cap=cap.name, number=mask(msisdn))
            if cap.name == "budget":
                _say_once(cap)
            raise RateLimited


def _caps(msisdn: str, address: str) -> list[tuple[Cap, str]]:
    return [
        (Cap("number", settings.SMS_CODES_PER_NUMBER_HOUR, 3600), msisdn),
        (Cap("number_day", settings.SMS_CODES_PER_NUMBER_DAY, 86_400), msisdn),
        (Cap("address", settings.SMS_CODES_PER_ADDRESS_HOUR, 3600), address),
        (Cap("prefix", settings.SMS_CODES_PER_PREFIX_HOUR, 3600), msisdn[:-3]),
        (Cap("budget", settings.SMS_CODES_PER_DAY, 86_400), "all"),
    ]


def _over(cap: Cap, key: str) -> bool:
    name = f"sms-codes:{cap.name}:{key}"
    cache.add(name, 0, timeout=cap.seconds)
    try:
        return int(cache.incr(name)) > cap.limit
    except ValueError:  # it ended between the two calls: a new window begins
        return False


def _say_once(cap: Cap) -> None:
    if cache.add("sms-codes:alarm", 1, timeout=3600):
        alarm("sms.budget", subject=cap.name, detail=f"{cap.limit} codes in {cap.seconds} s")
