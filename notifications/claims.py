"""Which worker holds which message: claimed in batches, begun in small groups, settled when its worker has died."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from lib import clock
from notifications import choices, suppressions
from notifications.kinds import secret_kinds
from notifications.models import Message, MessageState

BATCH = 60
#: A claim that is not recorded after this time is settled by the sweep: longer than the carriers' time-outs together.
LEASE = timedelta(seconds=28)


def claim(*, secret: bool | None) -> list[Message]:
    """The oldest that are due and nobody else's, ours from now on; what its reader does not want ends here. `secret` keeps to codes
    (True) or to the rest (False).
    """
    while True:
        claimed, looked_at = _claim(secret=secret)
        if claimed or not looked_at:
            return claimed


def _claim(*, secret: bool | None) -> tuple[list[Message], int]:
    real = clock.real_now()
    due = Message.objects.filter(state=MessageState.DUE, next_try_at__lte=real)
    if secret is not None:
        due = due.filter(kind__in=secret_kinds()) if secret else due.exclude(kind__in=secret_kinds())
    with transaction.atomic():
        locked = list(due.select_for_update(no_key=True, skip_locked=True).order_by("next_try_at", "id")[:BATCH])
        left_out = _leave_out(locked)
        claimed = [message for message in locked if message.pk not in left_out]
        ids = [message.pk for message in claimed]
        Message.objects.filter(pk__in=ids).update(state=MessageState.CLAIMED, claimed_at=real, called_at=None)
    for message in claimed:
        message.state, message.claimed_at, message.called_at = MessageState.CLAIMED, real, None
    return claimed, len(locked)


def _leave_out(locked: Sequence[Message]) -> set[UUID]:
    """What ends here, unsent."""
    muted = choices.not_wanted(locked)
    kept_back = suppressions.kept_back(locked) - muted
    for ids, code in ((muted, "muted"), (kept_back, "address_fails")):
        if ids:
            left_out = Message.objects.filter(pk__in=ids)
            left_out.update(state=MessageState.SUPPRESSED, secret=None, error_code=code)
    return muted | kept_back


def begin(group: Sequence[Message]) -> list[Message]:
    """Those whose claim still holds when their turn comes, and which are still of use; from here on they may have been sent. The
    rest is left alone, or ends as too late. The messages of a group were claimed together.
    """
    if not group:
        return []
    real = clock.real_now()
    ids = [message.pk for message in group]
    ours = Message.objects.filter(pk__in=ids, state=MessageState.CLAIMED, claimed_at=group[0].claimed_at)
    begun = ours.filter(not_after__gt=real).update(claimed_at=real, called_at=real, attempts=F("attempts") + 1)
    held = set(ids)
    if begun < len(group):
        ours.update(state=MessageState.SUPPRESSED, secret=None, error_code="too_late")
        now_ours = Message.objects.filter(pk__in=ids, state=MessageState.CLAIMED, claimed_at=real)
        held = set(now_ours.values_list("pk", flat=True))
    for message in group:
        message.claimed_at = message.called_at = real
        message.attempts += 1
    return [message for message in group if message.pk in held]


def ours(message: Message) -> QuerySet[Message]:
    """The row as long as our claim on it holds: a sweep that took us for dead has given it to somebody else."""
    return Message.objects.filter(pk=message.pk, state=MessageState.CLAIMED, claimed_at=message.claimed_at)


def stale() -> QuerySet[Message]:
    """What was claimed and never recorded: its worker died. Locked, a batch of it; the caller is in a transaction."""
    lost = Message.objects.filter(state=MessageState.CLAIMED, claimed_at__lte=clock.real_now() - LEASE)
    return lost.select_for_update(no_key=True, skip_locked=True).order_by("claimed_at")[:BATCH]
