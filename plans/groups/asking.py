"""A member asks for more, and the owner answers within a day."""

from datetime import datetime
from uuid import UUID

from lib.transactions import whole
from plans import commands
from plans.groups import rules, telling
from plans.groups.rules import DECIDE_WITHIN, NotPossible, Why
from plans.models import AskState, GroupAsk, GroupMember, GroupShare
from provisioning.outbox import tell_many

BATCH = 200


@whole
def ask(*, member: GroupMember, amount_bytes: int, now: datetime) -> GroupAsk:
    """The owner is told, and has a day; not beyond the end of the running plan. Raises NotPossible: nothing caps the member, an ask is
    open, no plan runs, or too many were asked today.
    """
    found = rules.lock_member(member)
    if found.cap_bytes is None:
        raise NotPossible(Why.NOT_CAPPED)
    if found.asks.filter(state=AskState.OPEN).exists():
        raise NotPossible(Why.ASKED)
    period = rules.running_plan(found.group.line, now=now)
    if period is None:
        raise NotPossible(Why.NO_PLAN)
    rules.count(found, "asks")
    asked = GroupAsk.objects.create(
        member=found,
        period=period,
        amount_bytes=amount_bytes,
        asked_at=now,
        decides_at=min(now + DECIDE_WITHIN, period.ends_at),
    )
    telling.asked(asked)
    return asked


@whole
def approve(*, ask: GroupAsk, now: datetime) -> None:
    """The member's cap is raised for the running plan period. Raises NotPossible when it is decided, too late, or on hold."""
    found = _open(ask, now=now)
    member = found.member
    rules.check_hold(member.group.owner)
    share, _is_new = GroupShare.objects.get_or_create(member=member, period_id=found.period_id)
    share.extra_bytes += found.amount_bytes
    share.save(update_fields=["extra_bytes"])
    found.move_to(AskState.APPROVED, at=now)
    tell_many([commands.of_member(member, change=f"ask:{found.pk}")])
    telling.answered(found)


@whole
def refuse(*, ask: GroupAsk, now: datetime) -> None:
    """Everything stays as it is, and the member is told. Raises NotPossible when it is decided, or too late."""
    found = _open(ask, now=now)
    found.move_to(AskState.REFUSED, at=now)
    telling.answered(found)


def _open(ask: GroupAsk, *, now: datetime) -> GroupAsk:
    """Locked, after its member."""
    member = rules.lock_member(ask.member)
    found = GroupAsk.objects.select_for_update(no_key=True, of=("self",)).select_related("period").get(pk=ask.pk)
    stands = found.period.cancelled_at is None and found.period.ends_at > now
    if found.state != AskState.OPEN or found.decides_at <= now or not stands:
        raise NotPossible(Why.DECIDED)
    found.member = member
    return found


def expire(*, now: datetime) -> int:
    """Close what nobody has answered in time, and tell who asked. Any number of times. Returns how many."""
    due = GroupAsk.objects.filter(state=AskState.OPEN, decides_at__lte=now).order_by("decides_at")
    return sum(_expire(ask_id, now=now) for ask_id in due.values_list("pk", flat=True)[:BATCH])


@whole
def _expire(ask_id: UUID, *, now: datetime) -> bool:
    member_id = GroupAsk.objects.values_list("member", flat=True).get(pk=ask_id)
    member = GroupMember.objects.select_for_update(no_key=True, of=("self",)).get(pk=member_id)
    found = GroupAsk.objects.select_for_update(no_key=True, of=("self",)).get(pk=ask_id)
    if found.state != AskState.OPEN or found.decides_at > now:
        return False
    found.member = member
    found.move_to(AskState.EXPIRED, at=now)
    if member.left_at is None:
        telling.answered(found)
    return True
