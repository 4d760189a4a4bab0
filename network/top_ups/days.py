"""What each seller collected on each day, for comparing with what the seller says."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDay

from lib.money import Money
from lib.wording import date_in_words
from network.models import ExternalTopUp

#: Newest days first; who needs more asks for the books or narrows the list.
MOST = 62


@dataclass(frozen=True, kw_only=True)
class Day:
    """`day`: the midnight it began with, in `BOOKS_TIME_ZONE`, by when it was paid. `back_count`, `back`: what of it was taken back,
    whenever that was.
    """

    source: str
    day: datetime
    count: int
    collected: Money
    back_count: int
    back: Money

    @property
    def words(self) -> str:
        """`Mon 23 Nov`."""
        return date_in_words(self.day, zone=self.day.tzinfo)

    @property
    def left(self) -> Money:
        return self.collected - self.back


def by_day(top_ups: QuerySet[ExternalTopUp]) -> list[Day]:
    """One row a day, source and currency."""
    is_back = Q(reversal__isnull=False)
    rows = (
        top_ups.order_by()
        .annotate(day=TruncDay("paid_at", tzinfo=ZoneInfo(settings.BOOKS_TIME_ZONE)))
        .values("day", "source", "currency")
        .annotate(
            count=Count("pk"),
            minor=Sum("amount_minor"),
            back_count=Count("pk", filter=is_back),
            back_minor=Sum("amount_minor", filter=is_back, default=0),
        )
        .order_by("-day", "source", "currency")
    )
    return [
        Day(
            source=row["source"],
            day=row["day"],
            count=row["count"],
            collected=Money(row["minor"], row["currency"]),
            back_count=row["back_count"],
            back=Money(row["back_minor"], row["currency"]),
        )
        for row in rows[:MOST]
    ]
