"""What both sides hear of a gift, each thing once: by SMS whoever holds the number, by e-mail who gave it and who owns the other line.
Whoever has a number only since it was given hears nothing of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from accounts.models import Line, LineOwnership, Subscriber
from accounts.models.line import ENDED_STATES
from lib.msisdn import format_msisdn
from notifications import kinds, outbox
from notifications.kinds import Channel
from notifications.outbox import Outgoing, Recipient
from plans.models import AllowanceGift, Unit

GIVEN, RECEIVED, UNDONE, GONE = "gift_given", "gift_received", "gift_undone", "gift_gone"
Lines = Mapping[UUID, Line]


def given(gift: AllowanceGift, lines: Lines) -> None:
    """Joins the caller's transaction, like all here."""
    amount = {"given": _data(gift.amount_bytes)}
    more = {"undo_at": gift.undo_until.isoformat(), "remaining": _data(gift.source.remaining or 0)}
    _tell(GIVEN, gift, lines, amount | more, is_giver=True)
    _tell(RECEIVED, gift, lines, amount | {"ends_at": gift.received.expires_at.isoformat()})


def undone(gift: AllowanceGift, lines: Lines) -> None:
    """What was due of the gift's news is not news any more."""
    outbox.withdraw(gift.subject, kinds=(GIVEN, RECEIVED))
    context = {"given": _data(gift.given_back_bytes), "stays": _data(gift.stays_bytes) if gift.stays_bytes else None}
    _tell(UNDONE, gift, lines, context, is_giver=True)
    _tell(GONE, gift, lines, context | {"why": "undone"})


def followed(gift: AllowanceGift, lines: Lines, *, now: datetime) -> None:
    """What is left of it cannot be used, or can be used again. No news when nothing is left; what was due of it before is none either."""
    outbox.withdraw(gift.subject, kinds=(GONE,))
    if left := gift.received.remaining:
        why = "free" if gift.received.frozen_at is None else "unpaid" if gift.forfeited_at else "on_hold"
        used = gift.received.used
        context = {"given": _data(left), "stays": _data(used) if used else None, "why": why}
        _tell(GONE, gift, lines, context, moment=f":{now.isoformat()}")


def _tell(
    kind: str, gift: AllowanceGift, lines: Lines, context: dict[str, Any], *, is_giver: bool = False, moment: str = ""
) -> None:
    """`moment`: of what can happen to a gift more than once."""
    if not is_giver and not _is_still_theirs(gift, lines[gift.to_line_id]):
        return
    giver, receiver = lines[gift.from_line_id], lines[gift.to_line_id]
    line, other = (giver, receiver) if is_giver else (receiver, giver)
    person = gift.given_by if is_giver else _owner(line)
    page = reverse("gift", args=[gift.pk]) if is_giver else reverse("usage_allowance", args=[line.pk, gift.received_id])
    common = {"msisdn": line.msisdn, "whom": format_msisdn(other.msisdn), "url": settings.PORTAL_ORIGIN + page}
    outbox.send_many(
        Outgoing(
            kind=kind,
            channel=channel,
            to=to,
            context={**common, **context},
            key=f"{gift.subject}:{kind}{moment}:{channel}",
            subject=gift.subject,
        )
        for channel in kinds.channels(kind)
        if (to := _recipient(channel, line, person))
    )


def _recipient(channel: str, line: Line, person: Subscriber | None) -> Recipient | None:
    if channel == Channel.SMS:
        return Recipient(line.msisdn, line.language, line.time_zone)
    return Recipient(person.email, person.language, person.time_zone) if person else None


def _is_still_theirs(gift: AllowanceGift, line: Line) -> bool:
    """Whether the number that received it is in the hands of who had it then; nobody's then and now is the same phone."""
    if line.state in ENDED_STATES:
        return False
    since = LineOwnership.objects.filter(line=line, until_at=None).values_list("from_at", flat=True).first()
    if since is not None:
        return since <= gift.given_at
    was_then = Q(from_at__lte=gift.given_at, until_at__gt=gift.given_at)
    return not LineOwnership.objects.filter(was_then, line=line).exists()


def _owner(line: Line) -> Subscriber | None:
    return Subscriber.objects.filter(ownerships__line=line, ownerships__until_at=None).first()


def _data(amount_bytes: int) -> dict[str, Any]:
    return {"amount": amount_bytes, "unit": Unit.DATA.value}
