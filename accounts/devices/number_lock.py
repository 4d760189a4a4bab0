"""Whether a number may be taken to another operator at all. Locked unless its owner has opened it, and locked again by itself."""

from datetime import timedelta
from uuid import UUID

from accounts.devices import changing
from accounts.devices.changing import By, CannotBeChanged
from accounts.models import Line, NumberUnlock, Subscriber
from accounts.models.porting import OPEN_FOR
from lib import clock
from lib.transactions import whole

#: With a second factor it opens at once; whoever has only a password waits, and the owner is told.
WAIT = timedelta(hours=24)


#: Openings a day; each costs an SMS.
A_DAY = 5


class OpenedTooOften(CannotBeChanged):
    """So many times within a day."""


def standing(line: Line) -> NumberUnlock | None:
    """The opening that is open or will be; None while the number is simply locked."""
    found = line.number_unlocks.filter(ended_at=None).first()
    return found if found and found.closes_at > clock.real_now() else None


def is_open(line: Line) -> bool:
    """Whether a port-out code may be made now."""
    found = standing(line)
    return found is not None and found.is_open(clock.real_now())


@whole
def open_up(line_id: UUID, *, subscriber: Subscriber, by_second_factor: bool, session: str = "") -> NumberUnlock:
    """At once for who has just given their second factor, else in a day; told by SMS and e-mail. A second click finds the first.

    Raises NotYours, LineEnded, OpenedTooOften.
    """
    line = changing.lock_line(line_id, By.owner(subscriber))
    real = clock.real_now()
    if (known := standing(line)) and (known.is_open(real) or not by_second_factor):
        return known
    if line.number_unlocks.filter(asked_at__gt=real - WAIT).count() >= A_DAY:
        raise OpenedTooOften
    line.number_unlocks.filter(ended_at=None).update(ended_at=real)
    opens_at = real if by_second_factor else real + WAIT
    made = NumberUnlock.objects.create(
        line=line,
        subscriber=subscriber,
        asked_at=real,
        opens_at=opens_at,
        closes_at=opens_at + OPEN_FOR,
        by_second_factor=by_second_factor,
    )
    said: dict[str, object] = {"opens_at": opens_at.isoformat(), "is_open": by_second_factor, "device": session}
    said["url"] = changing.page_url("number_lock")
    changing.tell_owner(line, "lock_changed", said, key=str(made.pk), channels=("sms", "email"))
    return made
