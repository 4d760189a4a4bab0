"""What a line may use of a group, as one value for a statement that is asked anyway: home keeps to its eight."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, JSONObject

from plans.models import Allowance, GroupMember, GroupPause, GroupShare, PlanKind, PlanPeriod, Unit


@dataclass(frozen=True)
class Shared:
    """`left` of the group `shows`' data in bytes; `ends_at` is None while nothing is shared."""

    shows: str
    left: int
    ends_at: datetime | None
    is_paused: bool


def column(*, now: datetime) -> "Subquery[Any]":
    """Over lines: what `read` reads; null for a line in no group."""
    running = PlanPeriod.objects.running(now).filter(line=OuterRef("group__line"), kind=PlanKind.PLAN)
    share = GroupShare.objects.filter(member=OuterRef("pk"), period__in=_running_of(now))
    pool = _pool(now)
    row = JSONObject(
        shows="group__shows",
        cap="cap_bytes",
        is_paused=Exists(GroupPause.objects.filter(member=OuterRef("pk"), until_at=None)),
        ends_at=Subquery(running.values("ends_at")[:1]),
        used=Subquery(share.values("used_bytes")[:1]),
        extra=Subquery(share.values("extra_bytes")[:1]),
        left=Subquery(pool.values("line").annotate(sum=Sum(_REST)).values("sum")),
        is_unlimited=Coalesce(Exists(pool.filter(granted=None)), Value(value=False), output_field=BooleanField()),
    )
    standing = GroupMember.objects.standing().filter(line=OuterRef("pk"), subscriber=OuterRef("ownerships__subscriber"))
    return Subquery(standing.values(said=row)[:1])


_REST = F("granted") - F("used") - F("gifted")


def _running_of(now: datetime) -> QuerySet[PlanPeriod]:
    """Of the owner of the share's member."""
    return PlanPeriod.objects.running(now).filter(line=OuterRef("member__group__line"), kind=PlanKind.PLAN)


def _pool(now: datetime) -> QuerySet[Allowance]:
    """What the owner of a member shares and works where the member's line is at home."""
    valid = Q(starts_at__lte=now, expires_at__gt=now, frozen_at=None, period__isnull=False, unit=Unit.DATA)
    mine = Q(line=OuterRef("group__line"), zone__countries__country=OuterRef("line__country"))
    return Allowance.objects.filter(valid & mine).order_by()


def read(said: Mapping[str, Any] | None) -> Shared | None:
    """The column's value in words of ours."""
    if said is None:
        return None
    ends_at = datetime.fromisoformat(said["ends_at"]) if said["ends_at"] else None
    bounds = [] if said["is_unlimited"] and said["cap"] is not None else [int(said["left"] or 0)]
    if said["cap"] is not None:
        bounds.append(max(0, said["cap"] + (said["extra"] or 0) - (said["used"] or 0)))
    return Shared(said["shows"], min(bounds) if ends_at else 0, ends_at, said["is_paused"])
