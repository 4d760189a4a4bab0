"""Under which mark receipts are numbered now. A restore begins a new one, since numbers given after the backup are in mail boxes.

Several series are allowed as long as a number names one document: Council Directive 2006/112/EC, Article 226(2).
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from billing.models import ReceiptCounter, ReceiptEdition

#: month, day, hour, minute
_MARK = "%m%d%H%M"


def current() -> str:
    """The mark in the numbers of today; empty as long as nothing was ever restored."""
    return ReceiptEdition.objects.order_by("-since_at", "-id").values_list("mark", flat=True).first() or ""


def begin_anew(*, at: datetime) -> str:
    """A mark nobody has used, named after the moment `at` (real time); the present one if it has no number yet. Joins the caller's
    transaction.
    """
    now = current()
    if now and not ReceiptCounter.objects.filter(mark=now, last_number__gt=0).exists():
        return now
    named = at.astimezone(ZoneInfo(settings.BOOKS_TIME_ZONE))
    while ReceiptEdition.objects.filter(mark=named.strftime(_MARK)).exists():
        named += timedelta(minutes=1)
    return ReceiptEdition.objects.create(mark=named.strftime(_MARK), since_at=at).mark
