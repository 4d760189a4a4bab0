"""A month of the books, in the operator's own time zone."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

#: A transaction that began in the month may commit a little later; none of ours takes longer.
STILL_COMING = timedelta(minutes=10)


class NoSuchMonth(ValueError):
    """Not a month, or `BOOKS_TIME_ZONE` is no time zone."""


@dataclass(frozen=True)
class Month:
    """`[starts_at, ends_at)`, from local midnight to local midnight."""

    name: str
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def named(cls, name: str) -> "Month":
        """`2026-11`. Raises NoSuchMonth."""
        if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", name, re.ASCII):
            raise NoSuchMonth(f"{name!r} is no month; write it like 2026-11")
        try:
            zone = ZoneInfo(settings.BOOKS_TIME_ZONE)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise NoSuchMonth(f"BOOKS_TIME_ZONE: {settings.BOOKS_TIME_ZONE!r} is no time zone") from error
        year, month = int(name[:4]), int(name[5:])
        following = (year + 1, 1) if month == 12 else (year, month + 1)
        return cls(name, datetime(year, month, 1, tzinfo=zone), datetime(*following, 1, tzinfo=zone))

    def is_over(self, at: datetime) -> bool:
        """Whether nothing can be booked into it any more. `at`: real time."""
        return at >= self.ends_at + STILL_COMING
