"""Which worker holds which command: the oldest open one of each line and no other, so that a line is told in order and by one at a time."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from lib import clock
from provisioning.models import OPEN_STATES, Command, CommandState

#: A claim that is not recorded after this time is somebody else's: longer than the time-outs of a call together.
LEASE = timedelta(seconds=28)


def claim(count: int) -> list[Command]:
    """So many that are due, each the oldest of its line and nobody else's, ours from now on; what was tried goes behind what was not.
    They have to be told at once: the lease is as long as one call.
    """
    real = clock.real_now()
    earlier = Command.objects.filter(
        line_id=OuterRef("line_id"), sequence__lt=OuterRef("sequence"), state__in=OPEN_STATES
    )
    due = Command.objects.filter(~Exists(earlier), state=CommandState.DUE, next_try_at__lte=real)
    with transaction.atomic():
        locked = due.select_for_update(no_key=True, skip_locked=True, of=("self",))
        claimed = list(locked.order_by("next_try_at", "sequence")[:count])
        ids = [command.pk for command in claimed]
        Command.objects.filter(pk__in=ids).update(
            state=CommandState.CLAIMED, claimed_at=real, attempts=F("attempts") + 1
        )
    for command in claimed:
        command.state, command.claimed_at = CommandState.CLAIMED, real
        command.attempts += 1
    return claimed


def ours(commands: Sequence[Command]) -> QuerySet[Command]:
    """Their rows as long as our claim holds. They were claimed together."""
    ids = [command.pk for command in commands]
    return Command.objects.filter(pk__in=ids, state=CommandState.CLAIMED, claimed_at=commands[0].claimed_at)


def release_stale() -> int:
    """What was claimed and never recorded is due again: its worker died, and the same id told once more does no harm. Returns how many."""
    lost = Command.objects.filter(state=CommandState.CLAIMED, claimed_at__lte=clock.real_now() - LEASE)
    return lost.update(state=CommandState.DUE)
