"""Who is told what of a group: by e-mail nobody of what they did themselves, by SMS always the phone it is about."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import Line, LineOwnership
from lib import clock
from notifications import outbox
from notifications.kinds import Channel, kind_of
from notifications.outbox import Outgoing, Recipient
from plans.models import GroupAsk, GroupMember, GroupShare, Unit
from plans.readers import ZONE, Readers

CAP_LOW, CAP_REACHED = "group_cap_low", "group_cap_reached"


class Change(StrEnum):
    """What an owner did to a member."""

    REMOVED = "removed"
    DISSOLVED = "dissolved"
    PAUSED = "paused"
    RESUMED = "resumed"
    CAP = "cap"


@dataclass(frozen=True, kw_only=True)
class _Note:
    """`to`: the line whose reader is told, as long as it is `whose` it was; `by`: who did it."""

    kind: str
    member: GroupMember
    to: Line
    whose: int
    said: Mapping[str, Any]
    key: str
    by: int | None = None
    not_after: timedelta | None = None


def joined(member: GroupMember) -> None:
    """To the owner."""
    _send(_to_owner("group_joined", member, key=f"member:{member.pk}:joined"))


def left(member: GroupMember) -> None:
    """To the owner."""
    _send(_to_owner("group_left", member, key=f"member:{member.pk}:left", why=member.end))


def asked(ask: GroupAsk) -> None:
    """To the owner."""
    said = {"asked": _data(ask.amount_bytes), "decides_at": ask.decides_at.isoformat()}
    _send(_to_owner("group_asked", ask.member, key=f"ask:{ask.pk}:asked", **said))


def answered(ask: GroupAsk) -> None:
    """To the member; that the owner is asked is no news any more."""
    outbox.withdraw(_subject(ask.member), kinds=("group_asked",))
    said = {"why": ask.state, "asked": _data(ask.amount_bytes), "ends_at": ask.period.ends_at.isoformat()}
    _send(_to_member("group_answered", ask.member, key=f"ask:{ask.pk}:answered", **said))


def changed(member: GroupMember, change: Change, *, now: datetime) -> None:
    """To the member; how it was before is no news any more."""
    outbox.withdraw(_subject(member), kinds=("group_changed",))
    cap = _data(member.cap_bytes) if member.cap_bytes is not None else None
    key = f"member:{member.pk}:{change}:{now.isoformat()}"
    _send(_to_member("group_changed", member, key=key, why=change, granted=cap))


def tell_caps(crossed: Mapping[tuple[UUID, UUID], str], *, now: datetime) -> None:
    """To members who have used most of their cap, or all of it: each once in one of the owner's plan periods. `crossed`: the kind by
    member and plan period; what is over by `now` is no news.
    """
    which = Q(member__in=[member for member, _period in crossed], period__ends_at__gt=now)
    shares = GroupShare.objects.filter(which).select_related("member__line", "member__group__line", "period")
    for share in shares:
        if kind := crossed.get((share.member_id, share.period_id)):
            limit = share.limit_bytes or 0
            said = {
                "remaining": _data(limit - share.used_bytes),
                "granted": _data(limit),
                "ends_at": share.period.ends_at.isoformat(),
            }
            note = _to_member(kind, share.member, key=f"share:{share.pk}:{kind}", **said)
            _send(replace(note, by=None, not_after=share.period.ends_at - now))


def forget(member: GroupMember) -> None:
    """What is still to be said about a part in a group that has ended is no news."""
    outbox.withdraw(_subject(member), kinds=("group_asked", CAP_LOW, CAP_REACHED))


def _to_owner(kind: str, member: GroupMember, *, key: str, **said: Any) -> _Note:
    said = {"whom": member.shows, **said}
    owner = member.group.owner_id
    return _Note(
        kind=kind, member=member, to=member.group.line, whose=owner, said=said, key=key, by=member.subscriber_id
    )


def _to_member(kind: str, member: GroupMember, *, key: str, **said: Any) -> _Note:
    said = {"whom": member.group.shows, **said}
    who = member.subscriber_id
    return _Note(kind=kind, member=member, to=member.line, whose=who, said=said, key=key, by=member.group.owner_id)


def _send(note: _Note) -> None:
    outbox.send_many(_messages(note))


def _messages(note: _Note) -> Iterator[Outgoing]:
    said = {**note.said, "msisdn": note.to.msisdn, "url": settings.PORTAL_ORIGIN + reverse("group")}
    for channel in kind_of(note.kind).channels:
        for reader in _readers(note, channel):
            yield Outgoing(
                kind=note.kind,
                channel=channel,
                to=Recipient(reader.to, reader.told_in, reader.zone_of_reader),
                context=said,
                key=f"{note.key}:{channel}",
                subject=_subject(note.member),
                not_after=clock.real_now() + note.not_after if note.not_after else None,
            )


def _readers(note: _Note, channel: Channel) -> Any:
    readers = Readers(channel)
    still = LineOwnership.objects.filter(line=note.to, subscriber=note.whose, until_at=None)
    found = readers.to(Line.objects.filter(pk__in=still.values("line")))
    if channel == Channel.EMAIL and note.by == note.whose:
        return found.none()
    return found.annotate(to=readers.address, told_in=readers.language, zone_of_reader=F(ZONE))


def _subject(member: GroupMember) -> str:
    return f"member:{member.pk}"


def _data(amount: int) -> dict[str, Any]:
    return {"amount": max(0, amount), "unit": Unit.DATA}
