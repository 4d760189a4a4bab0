"""Starting a group, and inviting into it by codes that are shown once."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Line, Subscriber
from lib.transactions import whole
from plans.groups import codes, ending, rules, shared
from plans.groups.rules import INVITE_FOR, NotPossible, Why
from plans.models import GroupInvite, SharingGroup

#: Enough for those who lost theirs; more would only be a way to guess.
OPEN_AT_MOST = 10


def start(*, line: Line, owner: Subscriber, shows: str, now: datetime) -> SharingGroup:
    """From now on `line` may share. A second time it is the same group. Raises NotPossible."""
    ending.clear(line=line, now=now)
    return _start(line.pk, owner, shows, now)


@whole
def _start(line_id: UUID, owner: Subscriber, shows: str, now: datetime) -> SharingGroup:
    locked = rules.lock_lines({line_id})[line_id]
    if known := SharingGroup.objects.of(owner).filter(line=locked).first():
        return known
    rules.check_line(locked, owner)
    rules.check_hold(owner)
    return SharingGroup.objects.create(line=locked, owner=owner, shows=shows, started_at=now)


def invite(*, group: SharingGroup, cap_bytes: int | None, now: datetime) -> tuple[GroupInvite, str]:
    """An invitation and its code, which is kept nowhere. Raises NotPossible when the group is full, over or on hold, or needs a cap."""
    code = codes.new_code()
    return _invite(group, codes.hashed(code), cap_bytes, now), code


@whole
def _invite(group: SharingGroup, code_hash: bytes, cap_bytes: int | None, now: datetime) -> GroupInvite:
    found, _lines = rules.lock_group(group)
    rules.check_hold(found.owner)
    rules.check_room(found)
    shared.check_cap(found.line, cap_bytes, now=now)
    if open_invites(found, now=now).count() >= OPEN_AT_MOST:
        raise NotPossible(Why.FULL)
    return GroupInvite.objects.create(
        group=found, code_hash=code_hash, cap_bytes=cap_bytes, made_at=now, expires_at=now + INVITE_FOR
    )


def open_invites(group: SharingGroup, *, now: datetime) -> QuerySet[GroupInvite]:
    """Those by which somebody may still join, newest first."""
    return group.invites.filter(used_at=None, revoked_at=None, expires_at__gt=now)


def revoke(*, invite: GroupInvite, now: datetime) -> None:
    """Nobody joins by it any more. A second click changes nothing, nor one that comes after somebody has joined."""
    GroupInvite.objects.filter(pk=invite.pk, used_at=None, revoked_at=None).update(revoked_at=now)
