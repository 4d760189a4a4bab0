"""From due to a named end: claim a batch and commit, call the carrier with nothing open, record what came of it.

An SMS is sent at most once: after a time-out, or a crash between the call and its record, it is `unknown`. An e-mail may go out once
more under the same Message-ID. What a crashed worker had claimed and not begun is due again.
"""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet

from lib import clock
from lib.alarm import alarm
from lib.failpoints import failpoint
from notifications import attachments, secrets
from notifications.channels import carrier
from notifications.channels.protocol import Letter, OutcomeUnknown, Refused
from notifications.kinds import Channel, kind_of, secret_kinds
from notifications.models import Message, MessageState
from notifications.rendering import Rendered, render
from notifications.sms_text import segments

log = structlog.get_logger(__name__)

BATCH = 20
#: A claim that is not recorded after this time is settled by the sweep: longer than the carriers' time-outs together.
LEASE = timedelta(seconds=28)
SHORTEST_WAIT = 5
LONGEST_WAIT = 600
EMAIL_TRIES_UNKNOWN = 2
DOTS = "••••••"


def deliver(*, secret: bool | None = None) -> int:
    """Send what is due, in batches, until nothing is left. `secret` keeps to codes (True) or to the rest (False). Returns how
    many were claimed.
    """
    total = 0
    while batch := _claim(secret=secret):
        for message in batch:
            if _begin(message):
                _carry(message)
        total += len(batch)
    return total


def _claim(*, secret: bool | None) -> list[Message]:
    real = clock.real_now()
    due = Message.objects.filter(state=MessageState.DUE, next_try_at__lte=real)
    if secret is not None:
        due = due.filter(kind__in=secret_kinds()) if secret else due.exclude(kind__in=secret_kinds())
    with transaction.atomic():
        locked = list(due.select_for_update(no_key=True, skip_locked=True).order_by("next_try_at", "id")[:BATCH])
        ids = [message.pk for message in locked]
        Message.objects.filter(pk__in=ids).update(state=MessageState.CLAIMED, claimed_at=real, called_at=None)
    for message in locked:
        message.state, message.claimed_at, message.called_at = MessageState.CLAIMED, real, None
    return locked


def _begin(message: Message) -> bool:
    """Whether the claim still holds when its turn comes, and the message is still of use; from here on it may have been sent."""
    real = clock.real_now()
    ours = _ours(message)
    if ours.filter(not_after__gt=real).update(claimed_at=real, called_at=real, attempts=message.attempts + 1):
        message.claimed_at = message.called_at = real
        message.attempts += 1
        return True
    ours.update(state=MessageState.SUPPRESSED, secret=None, error_code="too_late")
    return False


def _ours(message: Message) -> QuerySet[Message]:
    """The row as long as our claim on it holds: a sweep that took us for dead has given it to somebody else."""
    return Message.objects.filter(pk=message.pk, state=MessageState.CLAIMED, claimed_at=message.claimed_at)


def _record(message: Message, state: MessageState, **fields: object) -> bool:
    """How the claim ended. False, and nothing is changed, when it is not ours any more."""
    if state is not MessageState.DUE:
        fields["secret"] = None
    if _ours(message).update(state=state, **fields):
        return True
    log.warning("message.answered_late", message_id=str(message.pk), state=str(state))
    return False


def _carry(message: Message) -> None:
    try:
        rendered = _rendered(message)
    except Exception as error:  # noqa: BLE001  one message nobody can write must not hold up the others
        _broken(message, error)
        return
    failpoint("delivery.claimed")
    try:
        reference = carrier(message.channel).carry(_letter(message, rendered))
    except Refused as error:
        _refused(message, error)
    except OutcomeUnknown as error:
        _unknown(message, error.code)
    except Exception as error:  # noqa: BLE001  the carrier's answer made no sense, which is no news of the message
        alarm("message_channel_broken", subject=f"message:{message.pk}", detail=type(error).__name__)
        _unknown(message, type(error).__name__)
    else:
        failpoint("delivery.sent")
        _record(
            message,
            MessageState.ACCEPTED,
            accepted_at=clock.now(),
            provider_reference=reference[:120],
            error_code="",
            **_as_sent(message, rendered),
        )


def _rendered(message: Message) -> Rendered:
    context = secrets.unseal(message.secret) if message.secret else message.context
    return render(message.kind, message.channel, context, language=message.language, time_zone=message.time_zone)


def _letter(message: Message, rendered: Rendered) -> Letter:
    return Letter(
        address=message.address,
        title=rendered.title,
        text=rendered.text,
        html=rendered.html,
        reference=str(message.pk),
        attachment=attachments.load(str(message.context.get("attachment", ""))),
    )


def _as_sent(message: Message, rendered: Rendered) -> dict[str, object]:
    """What support may read later: codes are dotted."""
    is_secret = kind_of(message.kind).is_secret
    return {
        "sent_title": DOTS if is_secret else rendered.title[:200],
        "sent_text": DOTS if is_secret else rendered.text,
        "segments": segments(rendered.text) if message.channel == Channel.SMS else None,
    }


def _broken(message: Message, error: Exception) -> None:
    """It cannot be written: a bug of ours, told to our people once a message."""
    if _record(message, MessageState.FAILED, error_code="cannot_be_written"):
        alarm(
            "message_cannot_be_written",
            subject=f"message:{message.pk}",
            detail=f"{message.kind} {type(error).__name__}",
        )


def _refused(message: Message, error: Refused) -> None:
    wait = timedelta(seconds=min(SHORTEST_WAIT * 2**message.attempts, LONGEST_WAIT))
    again = clock.real_now() + wait
    log.warning("message.refused", message_id=str(message.pk), reason=error.code, permanent=error.permanent)
    # `not_after` is asked of the row: a renewal may have withdrawn the message while we were on the line.
    may_try = not error.permanent and _ours(message).filter(not_after__gt=again).exists()
    if may_try:
        _record(message, MessageState.DUE, next_try_at=again, error_code=error.code)
    else:
        _record(message, MessageState.FAILED, error_code=error.code)


def _unknown(message: Message, code: str) -> None:
    """Nobody can tell whether it went out."""
    log.warning("message.unknown", message_id=str(message.pk), reason=code)
    again = clock.real_now() + timedelta(seconds=SHORTEST_WAIT)
    is_worth_it = message.channel == Channel.EMAIL and message.attempts < EMAIL_TRIES_UNKNOWN
    if is_worth_it and _ours(message).filter(not_after__gt=again).exists():
        _record(message, MessageState.DUE, next_try_at=again, error_code=code[:60])
    else:
        _record(message, MessageState.UNKNOWN, error_code=code[:60])


def settle_stale_claims() -> int:
    """What was claimed and never recorded: its worker died. What it had not begun is due again. Returns how many."""
    total = 0
    while stale := _settle_batch():
        total += stale
    return total


def _settle_batch() -> int:
    lost = Message.objects.filter(state=MessageState.CLAIMED, claimed_at__lte=clock.real_now() - LEASE)
    with transaction.atomic():
        stale = list(lost.select_for_update(no_key=True, skip_locked=True).order_by("claimed_at")[:BATCH])
        for message in stale:
            if message.called_at is None:
                _record(message, MessageState.DUE)
            else:
                _unknown(message, "worker_lost")
    return len(stale)


def forget_secrets() -> int:
    """Codes that were never sent lose their secret and end. Returns how many."""
    over = Message.objects.filter(state=MessageState.DUE, not_after__lte=clock.real_now())
    return over.exclude(secret=None).update(state=MessageState.SUPPRESSED, secret=None, error_code="too_late")
