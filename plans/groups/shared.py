"""What an owner's plan and add-ons share just now, and who has used what of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from accounts.models import Line
from plans.groups import rules
from plans.groups.rules import NotPossible, Why
from plans.models import Allowance, GroupMember, GroupShare, GroupUse, PlanPeriod, Unit


@dataclass(frozen=True)
class Pool:
    """Data that can be used now: `granted` and `left` in bytes, None without limit; `by_member`: what each has used of it, by id."""

    period: PlanPeriod
    allowances: Sequence[Allowance]
    by_member: dict[UUID, int]

    @property
    def is_unlimited(self) -> bool:
        return any(each.granted is None for each in self.allowances)

    @property
    def granted(self) -> int | None:
        return None if self.is_unlimited else sum(each.granted or 0 for each in self.allowances)

    @property
    def left(self) -> int | None:
        return None if self.is_unlimited else sum(each.remaining or 0 for each in self.allowances)

    @property
    def limited_left(self) -> int:
        """What may be used of it by a member without a cap: nothing of what is unlimited."""
        return sum(each.remaining or 0 for each in self.allowances)

    @property
    def used(self) -> int:
        return sum(each.used for each in self.allowances)

    @property
    def gifted(self) -> int:
        return sum(each.gifted for each in self.allowances)

    @property
    def by_owner(self) -> int:
        """What the owner's own number has used."""
        return self.used - sum(self.by_member.values())


def pool_of(line: Line, *, now: datetime, country: str = "") -> Pool | None:
    """Of the owner's `line`, as far as it works in `country` (ISO 3166), if one is given; None while no plan runs."""
    period = rules.running_plan(line, now=now)
    if period is None:
        return None
    found = Allowance.objects.filter(
        line=line, unit=Unit.DATA, period__isnull=False, frozen_at=None, starts_at__lte=now, expires_at__gt=now
    )
    if country:
        found = found.filter(zone__countries__country=country)
    allowances = list(found.select_related("zone").order_by("expires_at", "id"))
    return Pool(period, allowances, used_of(allowances))


def check_cap(line: Line, cap_bytes: int | None, *, now: datetime) -> None:
    """Raises NotPossible when there is none and what `line` shares has no limit either."""
    if cap_bytes is None and (pool := pool_of(line, now=now)) and pool.is_unlimited:
        raise NotPossible(Why.NEEDS_CAP)


def used_of(allowances: Iterable[Allowance]) -> dict[UUID, int]:
    """What each member, past ones too, has used of them, in bytes by the member's id."""
    rows = GroupUse.objects.filter(allowance__in=[each.pk for each in allowances]).values("member_id")
    return {row["member_id"]: int(row["sum"]) for row in rows.annotate(sum=Sum("used_bytes")).order_by("member_id")}


@dataclass(frozen=True)
class Share:
    """Of a member in a plan period of the owner's: used, of at most `limit` bytes (None: no cap), of which `extra` was added to the cap."""

    used: int
    limit: int | None
    extra: int

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def percent_left(self) -> int:
        """0 to 100, rounded down; 100 without a cap."""
        return 100 if self.limit is None or self.left is None else self.left * 100 // self.limit

    @property
    def is_low(self) -> bool:
        return self.percent_left <= 20


def shares_of(members: Iterable[GroupMember], period: PlanPeriod | None) -> dict[UUID, Share]:
    """By the member's id. Without a running plan nothing is used."""
    members = list(members)
    kept = GroupShare.objects.filter(member__in=members, period=period) if period else GroupShare.objects.none()
    known = {share.member_id: (share.used_bytes, share.extra_bytes) for share in kept}
    found = {}
    for member in members:
        used, extra = known.get(member.pk, (0, 0))
        found[member.pk] = Share(used, None if member.cap_bytes is None else member.cap_bytes + extra, extra)
    return found


def may_use(member: GroupMember, *, now: datetime) -> tuple[Pool | None, Share, int]:
    """The owner's pool where the member is at home, the member's share of the running plan period, and how much of it may be used now:
    of what is unlimited nothing without a cap. Neither pauses nor the member's own data are looked at.
    """
    pool = pool_of(member.group.line, now=now, country=member.line.country)
    share = shares_of([member], pool.period if pool else None)[member.pk]
    if pool is None:
        return pool, share, 0
    if share.left is None:
        return pool, share, pool.limited_left
    return pool, share, share.left if pool.left is None else min(share.left, pool.left)
