"""What a line used day by day, for whoever reckons with it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import JSONBAgg
from django.db import connection
from django.db.models import F, Func, JSONField, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, JSONObject, TruncDate

from accounts.models import Line, Subscriber
from network.models import UsageDay
from plans.models import Unit

#: What members of the reader's groups used of this line's allowances, by day: it drains them like the line's own use.
_BY_MEMBERS = """
    SELECT (charge.used_at AT TIME ZONE %s)::date AS day, sum(charge.amount)::bigint AS amount
    FROM network_usagecharge AS charge
    WHERE charge.member_id IS NOT NULL AND charge.used_at >= %s AND charge.member_id IN (
        SELECT member.id FROM plans_groupmember AS member JOIN plans_sharinggroup AS shared ON shared.id = member.group_id
        WHERE shared.line_id = %s AND shared.owner_id = %s)
    GROUP BY 1
"""
_AS_JSON = f"""(
    SELECT jsonb_agg(jsonb_build_object('day', day, 'amount', amount, 'covered', amount)) FROM ({_BY_MEMBERS}) AS by_members
)"""  # noqa: S608


class _Both(Func):
    """Two lists as one."""

    template, arg_joiner = "(%(expressions)s)", " || "
    output_field = JSONField()


def data_column(line: Line, reader: Subscriber, *, now: datetime, days: int) -> Func:
    """The data `line` used since `days` ago, with what members of its group used of it, as one value, a list of `{"day", "amount",
    "covered"}`, of which `covered` by allowances: for a statement that is asked anyway.

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
    own = Subquery(used.order_by().values("line").annotate(rows=JSONBAgg(row)).values("rows"))
    since = now - timedelta(days=days)
    values = [line.time_zone, since, line.pk, reader.pk]
    members = RawSQL(_AS_JSON, values, output_field=JSONField())  # noqa: S611  a statement of ours, with its values apart
    none = Value([], JSONField())
    return _Both(Coalesce(own, none), Coalesce(members, none))


def by_members(line: Line, reader: Subscriber, *, since: datetime) -> Mapping[date, int]:
    """What members of the reader's group used of the line's allowances, in bytes by the line's day; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_MEMBERS, [line.time_zone, since, line.pk, reader.pk])
        return {day: int(amount) for day, amount in cursor.fetchall()}


def of_each(line: Line, *, since: date, until: date) -> list[UsageDay]:
    """The line's days `[since, until)`, oldest first, each unit and country a row. The caller knows from when on the reader may see them."""
    return list(UsageDay.objects.filter(line=line, day__gte=since, day__lt=until).order_by("day", "unit", "country"))
