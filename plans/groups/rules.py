"""What must hold before anything of a group changes, and the locks under which it is looked at (docs/locking.md)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings

from accounts import hold
from accounts.models import Line, LineState, Subscriber
from accounts.models.line import ENDED_STATES
from lib.limits import Cap, over
from plans.models import GroupMember, PlanKind, PlanPeriod, SharingGroup

#: A line in one of these is in no group.
OUT_OF_USE = (*ENDED_STATES, LineState.BLOCKED)
#: How long a code of an invitation is good, and how long an owner may think about an ask.
INVITE_FOR = timedelta(days=7)
DECIDE_WITHIN = timedelta(hours=24)


class Why(StrEnum):
    """Why something cannot be done with a group."""

    LINE = "line"
    OWNS_ONE = "owns_one"
    IS_IN_ONE = "is_in_one"
    OVER = "over"
    FULL = "full"
    CODE = "code"
    NOT_CAPPED = "not_capped"
    ASKED = "asked"
    NO_PLAN = "no_plan"
    DECIDED = "decided"
    HOLD = "hold"
    OWNER_HOLD = "owner_hold"
    TOO_OFTEN = "too_often"
    NEEDS_CAP = "needs_cap"


class NotPossible(Exception):
    """Nothing has changed; `why` says what is in the way. `until`: when it will be possible, where that is known."""

    def __init__(self, why: Why, *, until: datetime | None = None) -> None:
        super().__init__(why)
        self.why, self.until = why, until


def lock_lines(line_ids: Collection[UUID]) -> dict[UUID, Line]:
    """By id. The caller is in a transaction."""
    lines = Line.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=line_ids).order_by("pk")
    return {line.pk: line for line in lines}


def lock_member(member: GroupMember) -> GroupMember:
    """The member as it is now, after the lines of both sides. Raises NotPossible when it has left."""
    lines = lock_lines({member.group.line_id, member.line_id})
    found = GroupMember.objects.select_for_update(no_key=True, of=("self",)).select_related("group").get(pk=member.pk)
    if found.left_at is not None:
        raise NotPossible(Why.OVER)
    found.line, found.group.line = lines[found.line_id], lines[found.group.line_id]
    return found


def lock_group(group: SharingGroup, *more: UUID) -> tuple[SharingGroup, dict[UUID, Line]]:
    """The group as it is now, with its owner's line and `more` locked. Raises NotPossible when it is dissolved or left behind."""
    lines = lock_lines({group.line_id, *more})
    found = SharingGroup.objects.standing().filter(pk=group.pk).select_related("owner").first()
    if found is None:
        raise NotPossible(Why.OVER)
    found.line = lines[found.line_id]
    return found, lines


def check_line(line: Line, subscriber: Subscriber) -> None:
    """Raises NotPossible unless `subscriber` owns it, it is in use, and it is in no group. `line` is locked."""
    if line.state in OUT_OF_USE or not subscriber.lines.filter(pk=line.pk).exists():
        raise NotPossible(Why.LINE)
    if SharingGroup.objects.filter(line=line, dissolved_at=None).exists():
        raise NotPossible(Why.OWNS_ONE)
    if GroupMember.objects.filter(line=line, left_at=None).exists():
        raise NotPossible(Why.IS_IN_ONE)


def check_hold(owner: Subscriber, *, why: Why = Why.HOLD) -> None:
    """Raises NotPossible while nothing of value may leave the owner's account, their data neither. Asked before what only gives more."""
    if until := hold.until(owner):
        raise NotPossible(why, until=until)


def count(member: GroupMember, what: str) -> None:
    """One more change or ask of a member's in a day: each is told by SMS and to the core. Raises NotPossible."""
    cap = Cap(f"group_{what}", settings.GROUP_CHANGES_A_DAY, int(timedelta(days=1).total_seconds()))
    if over(cap, str(member.pk)):
        raise NotPossible(Why.TOO_OFTEN)


def check_room(group: SharingGroup) -> None:
    """Raises NotPossible when nobody more can join."""
    if group.members.filter(left_at=None).count() >= settings.GROUP_MEMBERS_AT_MOST:
        raise NotPossible(Why.FULL)


def running_plan(line: Line, *, now: datetime) -> PlanPeriod | None:
    """The owner's plan period in which caps are counted now."""
    periods = PlanPeriod.objects.running(now).filter(line=line, kind=PlanKind.PLAN)
    return periods.select_related("plan").first()
