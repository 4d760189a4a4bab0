"""Taking a gift back: for ten minutes, what is not used of it, to the byte."""

from datetime import datetime
from uuid import UUID

from accounts.models import LineOwnership, Subscriber
from lib.transactions import whole
from plans.gifts import both_lines, telling
from plans.gifts.refusals import CannotBeUndone, WhyNotBack
from plans.models import Allowance, AllowanceGift


@whole
def undo(gift_id: UUID, subscriber: Subscriber, *, now: datetime) -> AllowanceGift:
    """What is used stays with whoever used it. A second click changes nothing. Raises CannotBeUndone."""
    gift, lines = both_lines.lock_gift(gift_id)
    if not _may(gift, subscriber):
        raise CannotBeUndone(WhyNotBack.NOT_OWNER)
    if gift.undone_at:
        return gift
    if now >= gift.undo_until:
        raise CannotBeUndone(WhyNotBack.TOO_LATE)
    if not _can_take_back(gift.source, now=now) or gift.received.frozen_at:
        raise CannotBeUndone(WhyNotBack.SOURCE)
    back_bytes = gift.received.remaining or 0
    if not back_bytes:
        raise CannotBeUndone(WhyNotBack.USED_UP)
    _take_back(gift, back_bytes, now=now)
    both_lines.tell_core(gift, lines, change="undone")
    telling.undone(gift, lines)
    return gift


def _may(gift: AllowanceGift, subscriber: Subscriber) -> bool:
    """Who has the line now, and had it when it gave."""
    owned = LineOwnership.objects.filter(line=gift.from_line_id, subscriber=subscriber, until_at=None)
    return owned.filter(from_at__lte=gift.given_at).exists()


def _can_take_back(source: Allowance, *, now: datetime) -> bool:
    """Whether what it came out of still runs: what was cut, taken back or frozen meanwhile takes nothing in."""
    is_standing = source.period is not None and source.period.cancelled_at is None
    return is_standing and source.frozen_at is None and source.expires_at > now


def _take_back(gift: AllowanceGift, back_bytes: int, *, now: datetime) -> None:
    source, received = gift.source, gift.received
    if received.zone_cap is not None and source.zone_cap is not None:
        source.zone_cap += received.zone_cap - received.used_abroad
        received.zone_cap = received.used_abroad
    source.gifted -= back_bytes
    source.save(update_fields=["gifted", "zone_cap"])
    received.granted, received.frozen_at = received.used, now
    received.save(update_fields=["granted", "zone_cap", "frozen_at"])
    gift.undone_at, gift.given_back_bytes = now, back_bytes
    gift.save(update_fields=["undone_at", "given_back_bytes"])
