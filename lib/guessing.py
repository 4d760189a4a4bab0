"""How many wrong codes may be tried. Counted before a code is looked up; a right one is given back.

Against guessing (OWASP ASVS 5.0, 2.4.1): a cap for each account, each address, and all of them together.
"""

from dataclasses import dataclass

import structlog
from django.conf import settings
from django.core.cache import cache

from lib.alarm import alarm
from lib.limits import Cap, give_back, over

log = structlog.get_logger(__name__)
_HOUR = 3600


class TooManyTries(Exception):
    """A cap is reached; nothing was looked up."""


@dataclass(frozen=True, kw_only=True)
class Guesses:
    """Codes of one kind, told apart by `name`. The settings `<limits>_TRIES_PER_ACCOUNT_HOUR`, `…_ADDRESS_HOUR` and `…_HOUR` say how many; beyond
    the last one the operator's people hear `alarm`, once an hour.
    """

    name: str
    limits: str
    alarm: str
    subject: str

    def count(self, *, subscriber_id: int, address: str) -> None:
        """Count one try. Raises TooManyTries."""
        for cap, key in self._caps(subscriber_id, address):
            if over(cap, key):
                log.warning("guessing.too_often", cap=cap.name, subscriber_id=subscriber_id)
                if cap.name == self.name:
                    self._say_once(cap)
                raise TooManyTries

    def uncount(self, *, subscriber_id: int, address: str) -> None:
        """The try was a right code."""
        for cap, key in self._caps(subscriber_id, address):
            give_back(cap, key)

    def _caps(self, subscriber_id: int, address: str) -> list[tuple[Cap, str]]:
        return [
            (Cap(f"{self.name}_account", self._limit("ACCOUNT_HOUR"), _HOUR), str(subscriber_id)),
            (Cap(f"{self.name}_address", self._limit("ADDRESS_HOUR"), _HOUR), address),
            (Cap(self.name, self._limit("HOUR"), _HOUR), "all"),
        ]

    def _limit(self, per: str) -> int:
        return int(getattr(settings, f"{self.limits}_TRIES_PER_{per}"))

    def _say_once(self, cap: Cap) -> None:
        if cache.add(f"{self.name}:alarm", 1, timeout=_HOUR):
            detail = f"more than {cap.limit} wrong codes in an hour"
            alarm(self.alarm, subject=self.subject, detail=detail)
