"""Leaving, being removed, dissolving, and what ends by itself. What was bought stays where it is: allowances are never moved."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Line, LineOwnership
from lib.transactions import whole
from plans import commands
from plans.groups import rules, telling
from plans.groups.rules import OUT_OF_USE, NotPossible
from plans.groups.telling import Change
from plans.models import AskState, GroupAsk, GroupInvite, GroupMember, MemberEnd, SharingGroup
from provisioning.outbox import tell_many

BATCH = 100


@whole
def leave(*, member: GroupMember, now: datetime) -> None:
    """The member goes, and the owner is told. Raises rules.NotPossible when that was done before."""
    found = rules.lock_member(member)
    _end([found], MemberEnd.LEFT, at=now, now=now)
    telling.left(found)


@whole
def remove(*, member: GroupMember, now: datetime) -> None:
    """The owner ends it, and the member is told. Raises rules.NotPossible when that was done before."""
    found = rules.lock_member(member)
    _end([found], MemberEnd.REMOVED, at=now, now=now)
    telling.changed(found, Change.REMOVED, now=now)


def dissolve(*, group: SharingGroup, now: datetime) -> None:
    """Nobody shares any more, codes are good for nothing, and all members are told. A second time nothing happens."""
    _dissolve_all(group.pk, MemberEnd.DISSOLVED, at=now, now=now)


def look_after(*, now: datetime) -> int:
    """End what belongs to a number that is out of use or somebody else's by now: nothing of it may reach its next owner. Any number of
    times. Returns how many groups and members that were.
    """
    return _end_left_behind(Q(), now=now)


def clear(*, line: Line, now: datetime) -> None:
    """As `look_after`, of one line: whoever has it now may start or join at once."""
    _end_left_behind(Q(line=line), now=now)


def _end_left_behind(which: Q, *, now: datetime) -> int:
    groups = list(_left_behind(SharingGroup.objects.filter(which, dissolved_at=None), "owner"))
    for group in groups:
        _dissolve_all(group.pk, MemberEnd.LINE_ENDED, at=_ended_at(group.line, group.owner_id, now=now), now=now)
    members = _left_behind(GroupMember.objects.filter(which, left_at=None).select_related("group"), "subscriber")
    return len(groups) + sum(_end_of_line(member, now=now) for member in members)


def _dissolve_all(group_id: UUID, how: MemberEnd, *, at: datetime, now: datetime) -> None:
    """Begun anew when somebody has joined between the look and the lock."""
    while True:
        try:
            _dissolve(group_id, how, at=at, now=now)
        except _JoinedMeanwhile:
            continue
        return


class _JoinedMeanwhile(Exception):
    """The line of a member is not locked."""


@whole
def _dissolve(group_id: UUID, how: MemberEnd, *, at: datetime, now: datetime) -> None:
    """Whoever joins meanwhile waits for the lock of the owner's line, and finds the group dissolved. Raises _JoinedMeanwhile."""
    group = SharingGroup.objects.get(pk=group_id)
    standing = GroupMember.objects.filter(group=group, left_at=None)
    lines = rules.lock_lines({group.line_id, *standing.values_list("line_id", flat=True)})
    group.refresh_from_db(fields=["dissolved_at"])
    if group.dissolved_at is not None:
        return
    members = list(standing.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    if {member.line_id for member in members} - lines.keys():
        raise _JoinedMeanwhile
    for member in members:
        member.group, member.line = group, lines[member.line_id]
    _end(members, how, at=at, now=now)
    GroupInvite.objects.filter(group=group, used_at=None, revoked_at=None).update(revoked_at=now)
    group.dissolved_at = max(at, group.started_at)
    group.save(update_fields=["dissolved_at"])
    for member in members:
        telling.changed(member, Change.DISSOLVED, now=now)


@whole
def _end_of_line(member: GroupMember, *, now: datetime) -> bool:
    try:
        found = rules.lock_member(member)
    except NotPossible:
        return False
    _end([found], MemberEnd.LINE_ENDED, at=_ended_at(found.line, found.subscriber_id, now=now), now=now)
    telling.left(found)
    return True


def _end(members: Sequence[GroupMember], how: MemberEnd, *, at: datetime, now: datetime) -> None:
    """The members and their lines are locked. What they ask for is not answered any more."""
    for member in members:
        member.left_at, member.end = max(at, member.joined_at), how
        member.save(update_fields=["left_at", "end"])
        for ask in GroupAsk.objects.filter(member=member, state=AskState.OPEN).select_for_update(no_key=True):
            ask.move_to(AskState.EXPIRED, at=now)
        telling.forget(member)
    tell_many([commands.of_member(member, change=f"left:{commands.at(now)}") for member in members])


def _left_behind(rows: QuerySet[Any], who: str) -> QuerySet[Any]:
    owned = LineOwnership.objects.filter(line=OuterRef("line"), subscriber=OuterRef(who), until_at=None)
    return rows.filter(Q(line__state__in=OUT_OF_USE) | ~Exists(owned)).select_related("line").order_by("pk")[:BATCH]


def _ended_at(line: Line, subscriber_id: int, *, now: datetime) -> datetime:
    """When the line went from its owner's hands, or out of use."""
    owned = LineOwnership.objects.filter(line=line, subscriber=subscriber_id).order_by("-from_at").first()
    if owned is not None and owned.until_at is not None:
        return min(owned.until_at, now)
    return min(line.state_since, now)
