"""A day in which whoever has just taken over somebody's sign-in, or their number, cannot carry their money away."""

from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import SimSwap, Subscriber, SwapState
from lib import clock

#: NIST SP 800-63B counts SMS as restricted because numbers change hands; a day is time to notice and to call.
HOLD = timedelta(hours=24)


def until(subscriber: Subscriber) -> datetime | None:
    """Until when (real time) nothing of value leaves this account, after its e-mail, sign-in number or password changed or a factor
    was taken away, and while a SIM swap of one of its lines waits and for a day after it was done; else None.
    """
    real = clock.real_now()
    changed_at = Subscriber.objects.values_list("sign_in_changed_at", flat=True).get(pk=subscriber.pk)
    ends = [] if changed_at is None else [changed_at + HOLD]
    ends += _swaps_end(subscriber, since=real - HOLD)
    latest = max(ends, default=real)
    return latest if latest > real else None


def of_sign_in(subscriber: Subscriber) -> bool:
    """Whether how they sign in was changed less than a day ago."""
    since = clock.real_now() - HOLD
    return Subscriber.objects.filter(pk=subscriber.pk, sign_in_changed_at__gt=since).exists()


def _swaps_end(subscriber: Subscriber, *, since: datetime) -> list[datetime]:
    counts = Q(state=SwapState.WAITING) | Q(state=SwapState.DONE, ended_at__gt=since)
    owned = Q(line__ownerships__subscriber=subscriber, line__ownerships__until_at=None)
    swaps = SimSwap.objects.filter(counts, owned)
    return [(swap.ended_at or swap.decides_at) + HOLD for swap in swaps]


def begin(subscriber: Subscriber) -> None:
    """From now on, for a change that the table's trigger does not see."""
    subscriber.sign_in_changed_at = clock.real_now()
    Subscriber.objects.filter(pk=subscriber.pk).update(sign_in_changed_at=subscriber.sign_in_changed_at)
