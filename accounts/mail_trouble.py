"""What somebody sees and does when our mails to them come back."""

from datetime import timedelta

from django.db.models import Exists

from accounts.models import Subscriber
from lib import clock
from notifications import suppressions
from notifications.models import Suppression

#: A mail box that was full may work again; one that keeps failing is not tried all day.
AGAIN_AFTER = timedelta(days=1)


class TooSoon(Exception):
    """It failed within the last day: another address is the better way."""


def of(subscriber: Subscriber) -> Suppression | None:
    """Why their mails are held back, if they are."""
    return suppressions.of(subscriber.email) if subscriber.email else None


def exists(subscriber: Subscriber) -> Exists:
    """Whether there is any, for a statement that is made anyway."""
    return Exists(suppressions.at(subscriber.email))


def try_again(subscriber: Subscriber) -> None:
    """Mails go out from now on, until one comes back again. Raises TooSoon."""
    known = of(subscriber)
    if known is None:
        return
    if known.since_at > clock.real_now() - AGAIN_AFTER:
        raise TooSoon
    suppressions.lift(subscriber.email)
