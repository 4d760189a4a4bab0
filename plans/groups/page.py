"""The page of a group: as its owner sees it, and as a member does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from lib.msisdn import mask
from plans.groups import forms, inviting, shared
from plans.groups.shared import Pool, Share
from plans.models import AskState, GroupAsk, GroupMember, SharingGroup


@dataclass(frozen=True)
class Slice:
    """A piece of the picture: whose, how many bytes, and where it lies, in percent of the whole."""

    words: str
    amount: int
    look: str
    x: float
    width: float


@dataclass(frozen=True)
class Row:
    """A member as the owner sees it: amounts alone."""

    member: GroupMember
    share: Share
    is_paused: bool

    @property
    def number(self) -> str:
        return mask(self.member.line.msisdn)


def of_owner(group: SharingGroup, *, now: datetime) -> dict[str, Any]:
    """The context; the same number of statements however many members there are."""
    pool = shared.pool_of(group.line, now=now)
    members = list(group.members.select_related("line").prefetch_related("pauses"))
    standing = [member for member in members if member.left_at is None]
    shares = shared.shares_of(standing, pool.period if pool else None)
    asks = GroupAsk.objects.filter(member__in=standing, state=AskState.OPEN, decides_at__gt=now)
    return {
        "group": group,
        "pool": pool,
        "slices": slices(pool, members) if pool else [],
        "rows": [Row(member, shares[member.pk], is_paused(member)) for member in standing],
        "asks": list(asks.select_related("member").order_by("asked_at")),
        "invites": list(inviting.open_invites(group, now=now)),
        "has_room": len(standing) < settings.GROUP_MEMBERS_AT_MOST,
        "at_most": settings.GROUP_MEMBERS_AT_MOST,
        "invite_form": forms.InviteForm(),
    }


def is_paused(member: GroupMember) -> bool:
    """Asks nothing when the pauses were read with the member."""
    return any(pause.until_at is None for pause in member.pauses.all())


def slices(pool: Pool, members: Iterable[GroupMember]) -> list[Slice]:
    """The owner first, then each member, who is not in the group any more together, what was given on, and what is left. They add up."""
    parts = [(_("You"), pool.by_owner, "own"), *_of_members(pool.by_member, members)]
    if pool.gifted:
        parts.append((_("Given to others"), pool.gifted, "gone"))
    if pool.left is not None:
        parts.append((_("Left"), pool.left, "left"))
    return drawn(parts)


def _of_members(used: Mapping[UUID, int], members: Iterable[GroupMember]) -> list[tuple[str, int, str]]:
    standing = [member for member in members if member.left_at is None]
    found = [(member.shows, used.get(member.pk, 0), f"m{place}") for place, member in enumerate(standing, start=1)]
    gone = sum(used.values()) - sum(amount for _name, amount, _look in found)
    return [*found, (_("No longer in the group"), gone, "gone")] if gone else found


def drawn(parts: Sequence[tuple[str, int, str]]) -> list[Slice]:
    """Side by side; what is nothing has no width."""
    whole = sum(amount for _words, amount, _look in parts) or 1
    found, x = [], 0.0
    for words, amount, look in parts:
        width = amount * 100 / whole
        found.append(Slice(words, amount, look, round(x, 3), round(width, 3)))
        x += width
    return found


def of_member(member: GroupMember, *, now: datetime) -> dict[str, Any]:
    """The context: what may be used, never what others use or what the owner has beside it."""
    pool, share, left = shared.may_use(member, now=now)
    asked = member.asks.order_by("-asked_at").first()
    return {
        "member": member,
        "owner_number": mask(member.group.line.msisdn),
        "pool": pool,
        "share": share,
        "left": left,
        "is_short": pool is not None and pool.left is not None and share.left is not None and pool.left < share.left,
        "zones": sorted({each.zone.title for each in pool.allowances}) if pool else [],
        "is_paused": is_paused(member),
        "ask": asked if asked and asked.state == AskState.OPEN and asked.decides_at > now else None,
        "may_ask": share.limit is not None and pool is not None,
        "ask_form": forms.AskForm(),
    }
