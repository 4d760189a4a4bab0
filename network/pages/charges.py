"""What single uses were charged to, as far back as they are kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Sum
from django.utils.translation import gettext as _

from network.models import UsageCharge
from network.pages.owned import Owned
from network.pages.stretches import Step, Stretch
from network.pages.sums import Part, Total, merged
from plans.models import Allowance, GroupMember, GroupUse, PlanKind, Unit


@dataclass(frozen=True)
class Taken:
    """From one allowance; `last_at` is when for the last time."""

    allowance: Allowance
    amount: int
    records: int
    last_at: datetime


def by_allowance(own: Owned, stretch: Stretch) -> list[Taken]:
    """Of a stretch whose single uses are all kept: from which of its own allowances it was covered, first to expire first; two statements.
    What members of its group have taken from them is none of its use.
    """
    valid = Allowance.objects.filter(line=own.line, starts_at__lt=stretch.ends_at, expires_at__gt=stretch.from_at)
    valid = valid.annotate(is_shared=Exists(GroupUse.objects.filter(allowance=OuterRef("pk"))))
    found = {row.pk: row for row in valid.select_related("period__plan").order_by("expires_at", "id")}
    charges = UsageCharge.objects.filter(
        allowance__in=list(found), member=None, used_at__gte=stretch.from_at, used_at__lt=stretch.ends_at
    )
    sums = charges.values("allowance_id").annotate(all=Sum("amount"), uses=Count("*"), last=Max("used_at"))
    told = {row["allowance_id"]: row for row in sums}
    return [
        Taken(allowance, int(told[pk]["all"]), told[pk]["uses"], told[pk]["last"])
        for pk, allowance in found.items()
        if pk in told
    ]


def by_group(own: Owned, stretch: Stretch) -> int:
    """Of a stretch whose single uses are all kept: what was covered by the groups the line was in; one statement."""
    parts = UsageCharge.objects.filter(
        member__in=GroupMember.objects.filter(line=own.line).values("pk"),
        used_at__gte=stretch.from_at,
        used_at__lt=stretch.ends_at,
    )
    return int(parts.aggregate(all=Sum("amount", default=0))["all"])


_DAYS = """
    SELECT {key}, use.country, sum(charge.amount), count(*)
    FROM network_usagecharge AS charge JOIN network_usagerecord AS use USING (used_at, source, record_id)
    WHERE charge.allowance_id = %s AND charge.member_id IS NULL AND charge.used_at >= %s GROUP BY 1, 2
"""
_HOUR, _DAY = "date_bin('1 hour', charge.used_at, %s)", "(charge.used_at AT TIME ZONE %s)::date"


def of_allowance(own: Owned, allowance: Allowance, stretch: Stretch) -> list[Part]:
    """What its own line has taken from it by bar and country; one statement."""
    is_by_hour = stretch.step == Step.HOUR
    with connection.cursor() as cursor:
        statement = _DAYS.format(key=_HOUR if is_by_hour else _DAY)
        of_key = stretch.starts_at if is_by_hour else own.line.time_zone
        cursor.execute(statement, [of_key, allowance.pk, own.opens_from])
        rows = cursor.fetchall()
    return merged(
        Part(
            key if is_by_hour else stretch.key_of(key), allowance.unit, country, Total(amount=int(amount), records=uses)
        )
        for key, country, amount, uses in rows
    )


def title(allowance: Allowance) -> str:
    """`Month 15`, `More 5`; a gift has no plan."""
    return allowance.period.plan.title if allowance.period else _("Gift")


def full_title(allowance: Allowance) -> str:
    """`Month 15 · Data`."""
    return f"{title(allowance)} · {Unit(allowance.unit).label.capitalize()}"


def is_of_plan(allowance: Allowance) -> bool:
    return allowance.period is not None and allowance.period.kind == PlanKind.PLAN


def used_up_at(parts: Iterable[Part], allowance: Allowance, *, before: int) -> date | None:
    """The bar in which nothing was left (at full speed), when `before` had been used before them; None while something is."""
    whole = allowance.granted if allowance.granted is not None else allowance.full_speed_amount
    if whole is None:
        return None
    used = before + allowance.gifted
    for part in sorted(parts, key=lambda part: part.key):
        used += part.total.amount
        if used >= whole:
            return part.key
    return None
