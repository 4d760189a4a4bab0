"""What a line used day by day, for whoever reckons with it."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import JSONBAgg
from django.db.models import F, Subquery
from django.db.models.functions import JSONObject, TruncDate

from accounts.models import Line, Subscriber
from network.models import UsageDay
from plans.models import Unit


def data_column(line: Line, reader: Subscriber, *, now: datetime, days: int) -> "Subquery[Any]":
    """The data `line` used since `days` ago as one value, a list of `{"day", "amount", "covered"}`, of which `covered` by
    allowances: for a statement that is asked anyway.

    Its first day with the reader is left out, and everything before: it may be somebody else's.
    """
    zone = ZoneInfo(line.time_zone)
    used = UsageDay.objects.filter(
        line=line,
        unit=Unit.DATA,
        day__gte=now.astimezone(zone).date() - timedelta(days=days),
        line__ownerships__subscriber=reader,
        line__ownerships__until_at=None,
        day__gt=TruncDate("line__ownerships__from_at", tzinfo=zone),
    )
    covered = F("amount") - F("overrun") - F("by_credit")
    row = JSONObject(day=F("day"), amount=F("amount"), covered=covered)
    return Subquery(used.order_by().values("line").annotate(rows=JSONBAgg(row)).values("rows"))


def of_each(line: Line, *, since: date, until: date) -> list[UsageDay]:
    """The line's days `[since, until)`, oldest first, each unit and country a row. The caller knows from when on the reader may see them."""
    return list(UsageDay.objects.filter(line=line, day__gte=since, day__lt=until).order_by("day", "unit", "country"))
