"""What is left of a gift follows what it came out of: frozen with it while a bank decides, for good once it is not paid for after all,
and free again with it. A moment later than that, since the other line is locked in its own turn (docs/gifts.md).
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from lib import queue
from lib.transactions import whole
from plans import commands
from plans.gifts import both_lines, telling
from plans.models import AllowanceGift

BATCH = 200
#: Nothing that is sold runs longer.
_LOOKS_BACK = timedelta(days=400)


def gifts_out_of(origin: str) -> bool:
    """Whether anything of what was granted for `origin` was given on and not taken back."""
    return AllowanceGift.objects.filter(source__origin=origin, undone_at=None).exists()


def forfeit(*, line_id: UUID, origin: str, now: datetime) -> int:
    """What was granted for `origin` is given back as if nothing of it had been given on: what is left of gifts from it is lost.

    Joins the transaction of the caller, who holds the giving line's row lock. Returns how many gifts that are.
    """
    standing = AllowanceGift.objects.filter(source__origin=origin, undone_at=None, forfeited_at=None)
    count = standing.update(forfeited_at=now)
    if count:
        follow_later(line_id)
    return count


def follow_later(line_id: UUID) -> None:
    """After the commit, the gifts of this line follow."""
    queue.after_commit("plans.follow_gifts", line_id=str(line_id))


def follow(line_id: UUID, *, now: datetime) -> int:
    """Bring the gifts of `line_id` to where they ought to be. Returns how many changed."""
    ids = list(_behind(now).filter(from_line=line_id).values_list("pk", flat=True))
    return sum(_follow(gift_id, now=now) for gift_id in ids)


def sweep(*, now: datetime) -> int:
    """`follow` for what nobody was woken for."""
    ids = list(_behind(now).order_by("given_at").values_list("pk", flat=True)[:BATCH])
    return sum(_follow(gift_id, now=now) for gift_id in ids)


@whole
def _follow(gift_id: UUID, *, now: datetime) -> bool:
    gift, lines = both_lines.lock_gift(gift_id)
    received = gift.received
    is_lost = gift.source.frozen_at is not None or gift.forfeited_at is not None
    if gift.undone_at or is_lost == (received.frozen_at is not None):
        return False
    received.frozen_at = now if is_lost else None
    received.save(update_fields=["frozen_at"])
    change = f"{'frozen' if is_lost else 'unfrozen'}:{commands.at(now)}"
    both_lines.tell_core(gift, lines, change=change, both=False)
    telling.followed(gift, lines, now=now)
    return True


def _behind(now: datetime) -> QuerySet[AllowanceGift]:
    is_lost = Q(source__frozen_at__isnull=False) | Q(forfeited_at__isnull=False)
    is_frozen = Q(received__frozen_at__isnull=False)
    recent = AllowanceGift.objects.filter(undone_at=None, given_at__gt=now - _LOOKS_BACK, received__expires_at__gt=now)
    return recent.filter((is_lost & ~is_frozen) | (~is_lost & is_frozen))
