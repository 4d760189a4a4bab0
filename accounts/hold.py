"""A day in which whoever has just taken over somebody's sign-in cannot carry their money away."""

from datetime import datetime, timedelta

from accounts.models import Subscriber
from lib import clock

#: NIST SP 800-63B counts SMS as restricted because numbers change hands; a day is time to notice and to call.
HOLD = timedelta(hours=24)


def until(subscriber: Subscriber) -> datetime | None:
    """Until when (real time) nothing of value leaves this account, after its e-mail, sign-in number or password changed or a factor was taken away; else None."""
    changed_at = Subscriber.objects.values_list("sign_in_changed_at", flat=True).get(pk=subscriber.pk)
    if changed_at is None or changed_at + HOLD <= clock.real_now():
        return None
    return changed_at + HOLD


def begin(subscriber: Subscriber) -> None:
    """From now on, for a change that the table's trigger does not see."""
    subscriber.sign_in_changed_at = clock.real_now()
    Subscriber.objects.filter(pk=subscriber.pk).update(sign_in_changed_at=subscriber.sign_in_changed_at)
