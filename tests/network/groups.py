"""A group for tests: an owner with a plan period, and members."""

from datetime import datetime

from accounts.models import Line, Subscriber
from plans.models import Allowance, GroupMember, GroupPause, PlanPeriod, SharingGroup
from tests.network.periods import period
from tests.network.writing import DAY, MB, NOW, allowance

LONG_AGO = NOW - 60 * DAY


def owner_of(line: Line) -> Subscriber:
    return Subscriber.objects.get(ownerships__line=line, ownerships__until_at=None)


def group_of(line: Line, *, started_at: datetime = LONG_AGO) -> SharingGroup:
    return SharingGroup.objects.create(line=line, owner=owner_of(line), shows="Anna", started_at=started_at)


def member_of(
    group: SharingGroup, line: Line, cap_bytes: int | None = None, *, since: datetime = LONG_AGO, until: datetime | None = None
) -> GroupMember:  # fmt: skip
    owner = owner_of(line)
    return GroupMember.objects.create(
        group=group, line=line, subscriber=owner, shows=owner.name, cap_bytes=cap_bytes, joined_at=since,
        left_at=until, end="left" if until else "",
    )  # fmt: skip


def paused(member: GroupMember, since: datetime, until: datetime | None = None) -> None:
    GroupPause.objects.create(member=member, from_at=since, until_at=until)


def shared(
    line: Line, granted: int | None = 1000 * MB, *, begins: datetime = NOW - 10 * DAY, ends: datetime = NOW + 10 * DAY,
    of: PlanPeriod | None = None, zone: str = "eu", cap: int | None = None,
) -> Allowance:  # fmt: skip
    """Data of a plan that runs, or of an add-on beside it."""
    runs = of or period(line, starts_at=begins, ends_at=ends)
    return allowance(line, granted, begins=begins, ends=ends, zone=zone, cap=cap, period=runs)
