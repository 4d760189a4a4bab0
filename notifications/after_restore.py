"""What was waiting when a backup was taken, once that backup has been restored: most of it was sent since, and nobody can tell."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, Value
from django.db.models.functions import Greatest

from notifications.kinds import Channel
from notifications.models import Message, MessageState
from notifications.recording import EMAIL_TRIES_UNKNOWN

REASON = "restored"
#: Renewals that were paid meanwhile are found first, and withdraw what they make untrue.
WAIT = timedelta(minutes=15)


@dataclass(frozen=True)
class HeldBack:
    """How many messages became `unknown`, and how many e-mails go out (perhaps once more)."""

    unknown: int
    again: int


def hold_back(*, now: datetime) -> HeldBack:
    """Settle every message that was due by `now` (real time) or in a worker's hands. An SMS becomes `unknown` and is never sent. An
    e-mail that is still of use counts as tried and goes out in a quarter of an hour under its old Message-ID, which mail programs
    show once. What is due later was not sent by anybody and waits as before. Calling it again later would settle new messages too:
    it belongs into the transaction of the restore. Joins the caller's transaction.
    """
    Message.objects.filter(state=MessageState.DUE, next_try_at__lte=now).update(state=MessageState.CLAIMED)
    in_doubt = Message.objects.filter(state=MessageState.CLAIMED)
    is_worth_it = Q(channel=Channel.EMAIL, attempts__lt=EMAIL_TRIES_UNKNOWN, not_after__gt=now + WAIT)
    again = in_doubt.filter(is_worth_it).update(
        state=MessageState.DUE,
        attempts=Greatest("attempts", Value(1)),
        next_try_at=now + WAIT,
        claimed_at=None,
        called_at=None,
        error_code=REASON,
    )
    unknown = in_doubt.update(state=MessageState.UNKNOWN, secret=None, error_code=REASON)
    return HeldBack(unknown=unknown, again=again)
