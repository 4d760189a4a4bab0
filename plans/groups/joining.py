"""Joining by a code: looked up while guesses are counted, shown, and then used once."""

from datetime import datetime
from uuid import UUID

from accounts.models import Line, Subscriber
from lib.guessing import Guesses
from lib.transactions import whole
from plans import commands
from plans.groups import codes, ending, rules, telling
from plans.groups.codes import NotACode
from plans.groups.rules import NotPossible, Why
from plans.models import GroupInvite, GroupMember, SharingGroup
from provisioning.outbox import tell_many

GUESSES = Guesses(name="group_codes", limits="GROUP", alarm="group.guessing", subject="groups")


def look_up(*, code: str, subscriber: Subscriber, address: str, now: datetime) -> GroupInvite:
    """The open invitation of a code. Raises NotPossible, the same for every code that is none; lib.guessing.TooManyTries."""
    GUESSES.count(subscriber_id=subscriber.pk, address=address)
    try:
        found = _open(code_hash__in=codes.hashes(codes.read(code)))
    except NotACode as error:
        raise NotPossible(Why.CODE) from error
    if found is None or not found.is_open(now):
        raise NotPossible(Why.CODE)
    GUESSES.uncount(subscriber_id=subscriber.pk, address=address)
    return found


def shown(invite_id: UUID, *, subscriber: Subscriber, now: datetime) -> GroupInvite:
    """An invitation whose code was looked up before; also one by which `subscriber` has just joined, for a second click. Raises
    NotPossible when it is over by now.
    """
    found = _open(pk=invite_id)
    if found is None or not (found.is_open(now) or _is_used_by(found, subscriber)):
        raise NotPossible(Why.CODE)
    return found


def _is_used_by(invite: GroupInvite, subscriber: Subscriber) -> bool:
    return bool(invite.member_id) and GroupMember.objects.of(subscriber).filter(invite=invite).exists()


def _open(**which: object) -> GroupInvite | None:
    standing = SharingGroup.objects.standing().values("pk")
    return GroupInvite.objects.filter(**which, group__in=standing).select_related("group__line", "group__owner").first()


def join(*, invite: GroupInvite, line: Line, subscriber: Subscriber, shows: str, now: datetime) -> GroupMember:
    """`line` is in the group from now on, and its owner is told; a second time it is the same member. Raises NotPossible."""
    ending.clear(line=line, now=now)
    return _join(invite, line, subscriber, shows, now)


@whole
def _join(invite: GroupInvite, line: Line, subscriber: Subscriber, shows: str, now: datetime) -> GroupMember:
    group, lines = rules.lock_group(invite.group, line.pk)
    found = GroupInvite.objects.select_for_update(no_key=True, of=("self",)).get(pk=invite.pk)
    if found.member_id and (mine := GroupMember.objects.of(subscriber).filter(pk=found.member_id, line=line).first()):
        return mine
    if not found.is_open(now):
        raise NotPossible(Why.CODE)
    joining = lines[line.pk]
    rules.check_line(joining, subscriber)
    rules.check_room(group)
    rules.check_hold(group.owner, why=Why.OWNER_HOLD)
    member = GroupMember.objects.create(
        group=group, line=joining, subscriber=subscriber, shows=shows, cap_bytes=found.cap_bytes, joined_at=now
    )
    found.used_at, found.member = now, member
    found.save(update_fields=["used_at", "member"])
    tell_many([commands.of_member(member, change=f"joined:{commands.at(now)}")])
    telling.joined(member)
    return member
