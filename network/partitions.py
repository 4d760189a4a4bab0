"""Records by month: tables made ahead, and dropped when they are older than records are kept."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

#: So many months ahead; a phone whose clock is wrong makes no month of its own.
AHEAD = 2


def keeps_from(now: datetime) -> datetime:
    """The first moment whose records are kept: the beginning of a month, UTC."""
    month = now.year * 12 + now.month - 1 - settings.USAGE_KEPT_MONTHS
    return now.replace(year=month // 12, month=month % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


def make(*, now: datetime) -> int:
    """Every month from the first that is kept until some ahead. Any number of times. Returns how many were new.

    The portal's role may not make tables: a function that the owner has left does it (see the first migration).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT network_make_months(%s, %s)", [keeps_from(now), now + timedelta(days=31 * AHEAD)])
        return int(cursor.fetchone()[0])


def drop(*, now: datetime) -> int:
    """Forget whole months before the first that is kept; what a day came to stays in `UsageDay`. Returns how many went."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT network_drop_months(%s)", [keeps_from(now)])
        return int(cursor.fetchone()[0])
