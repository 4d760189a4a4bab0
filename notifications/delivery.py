"""From due to a named end: claim a batch and commit, call the carrier with nothing open, record what came of it.

An SMS is sent at most once: after a time-out, or a crash between claim and record, it is `unknown`. An e-mail may go out once more
under the same Message-ID.
"""

from datetime import timedelta

import structlog
from django.db import transaction

from lib import clock
from lib.failpoints import failpoint
from notifications import secrets
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
        for message in locked:
            message.move_to(MessageState.CLAIMED, claimed_at=real, attempts=message.attempts + 1)
    return locked


def _carry(message: Message) -> None:
    if message.not_after <= clock.real_now():
        message.move_to(MessageState.SUPPRESSED, error_code="too_late")
        return
    rendered = _rendered(message)
    failpoint("delivery.claimed")
    try:
        reference = carrier(message.channel).carry(_letter(message, rendered))
    except Refused as error:
        _refused(message, error)
    except OutcomeUnknown as error:
        _unknown(message, error.code)
    else:
        failpoint("delivery.sent")
        message.move_to(
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
    )


def _as_sent(message: Message, rendered: Rendered) -> dict[str, object]:
    """What support may read later: codes are dotted."""
    is_secret = kind_of(message.kind).is_secret
    return {
        "sent_title": DOTS if is_secret else rendered.title[:200],
        "sent_text": DOTS if is_secret else rendered.text,
        "segments": segments(rendered.text) if message.channel == Channel.SMS else None,
    }


def _refused(message: Message, error: Refused) -> None:
    wait = timedelta(seconds=min(SHORTEST_WAIT * 2**message.attempts, LONGEST_WAIT))
    again = clock.real_now() + wait
    if error.permanent or again >= message.not_after:
        message.move_to(MessageState.FAILED, error_code=error.code)
    else:
        message.move_to(MessageState.DUE, next_try_at=again, error_code=error.code)
    log.warning("message.refused", message_id=str(message.pk), code=error.code, permanent=error.permanent)


def _unknown(message: Message, code: str) -> None:
    """Nobody can tell whether it went out."""
    if message.channel == Channel.EMAIL and message.attempts < EMAIL_TRIES_UNKNOWN:
        again = clock.real_now() + timedelta(seconds=SHORTEST_WAIT)
        message.move_to(MessageState.DUE, next_try_at=again, error_code=code)
    else:
        message.move_to(MessageState.UNKNOWN, error_code=code)
    log.warning("message.unknown", message_id=str(message.pk), code=code)


def settle_stale_claims() -> int:
    """What was claimed and never recorded: its worker died. Returns how many."""
    lost = Message.objects.filter(state=MessageState.CLAIMED, claimed_at__lte=clock.real_now() - LEASE)
    with transaction.atomic():
        stale = list(lost.select_for_update(no_key=True, skip_locked=True).order_by("claimed_at")[:BATCH])
        for message in stale:
            _unknown(message, "worker_lost")
    return len(stale)


def forget_secrets() -> int:
    """Codes that were never sent lose their secret and end. Returns how many."""
    over = Message.objects.filter(state=MessageState.DUE, not_after__lte=clock.real_now())
    return over.exclude(secret=None).update(state=MessageState.SUPPRESSED, secret=None, error_code="too_late")
