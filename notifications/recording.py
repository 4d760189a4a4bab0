"""How a claim ended, written down: accepted by the carrier, refused, unknown, or impossible to write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection

from lib import clock
from lib.alarm import alarm
from notifications import claims
from notifications.channels.protocol import Accepted, OutcomeUnknown, Refused
from notifications.kinds import Channel, kind_of
from notifications.models import Message, MessageState
from notifications.rendering import Rendered
from notifications.sms_text import segments

log = structlog.get_logger(__name__)

SHORTEST_WAIT = 5
LONGEST_WAIT = 600
EMAIL_TRIES_UNKNOWN = 2
DOTS = "••••••"


@dataclass(frozen=True)
class Sent:
    """A message that was handed over, and what its carrier said."""

    message: Message
    rendered: Rendered
    answer: Accepted | Exception


def record(sent: Sequence[Sent]) -> None:
    """Everything the carriers have answered, the accepted ones in one statement."""
    accepted = [(one, one.answer) for one in sent if isinstance(one.answer, Accepted)]
    if accepted:
        _accepted(accepted)
    for one in sent:
        match one.answer:
            case Refused() as error:
                _refused(one.message, error)
            case OutcomeUnknown() as error:
                unknown(one.message, error.code)
            case Exception() as error:  # the carrier's answer made no sense, which is no news of the message
                alarm("message_channel_broken", subject=f"message:{one.message.pk}", detail=type(error).__name__)
                unknown(one.message, type(error).__name__)


_ACCEPTED = """
    UPDATE notifications_message AS m
    SET state = 'accepted', accepted_at = %(at)s, error_code = '', secret = NULL, provider = told.provider,
        provider_reference = told.reference, sent_title = told.title, sent_text = told.text, segments = told.segments
    FROM unnest(%(ids)s::uuid[], %(claimed)s::timestamptz[], %(providers)s::text[], %(references)s::text[], %(titles)s::text[],
                %(texts)s::text[], %(segments)s::smallint[])
        AS told (id, claimed_at, provider, reference, title, text, segments)
    WHERE m.id = told.id AND m.state = 'claimed' AND m.claimed_at = told.claimed_at
    RETURNING m.id
"""


def _accepted(sent: Sequence[tuple[Sent, Accepted]]) -> None:
    written = [_as_sent(one.message, one.rendered) for one, _answer in sent]
    values: dict[str, Any] = {
        "at": clock.now(),
        "ids": [one.message.pk for one, _answer in sent],
        "claimed": [one.message.claimed_at for one, _answer in sent],
        "providers": [answer.by[:30] for _one, answer in sent],
        "references": [answer.reference[:120] for _one, answer in sent],
        "titles": [title for title, _text, _segments in written],
        "texts": [text for _title, text, _segments in written],
        "segments": [count for _title, _text, count in written],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ACCEPTED, values)
        recorded = {row[0] for row in cursor.fetchall()}
    for one, _answer in sent:
        if one.message.pk not in recorded:
            _late(one.message, MessageState.ACCEPTED)


def _as_sent(message: Message, rendered: Rendered) -> tuple[str, str, int | None]:
    """Title, text and SMS segments, as support may read them later: codes are dotted."""
    is_secret = kind_of(message.kind).is_secret
    count = segments(rendered.text) if message.channel == Channel.SMS else None
    return (DOTS, DOTS, count) if is_secret else (rendered.title[:200], rendered.text, count)


def _end(message: Message, state: MessageState, **fields: object) -> bool:
    """How the claim ended. False, and nothing is changed, when it is not ours any more."""
    if state is not MessageState.DUE:
        fields["secret"] = None
    if claims.ours(message).update(state=state, **fields):
        return True
    _late(message, state)
    return False


def _late(message: Message, state: MessageState) -> None:
    log.warning("message.answered_late", message_id=str(message.pk), state=str(state))


def again(message: Message) -> None:
    """It was claimed and not begun: due again, while it is of use; a renewal may have withdrawn it meanwhile."""
    if message.not_after <= clock.real_now():
        _end(message, MessageState.SUPPRESSED, error_code="too_late")
    else:
        _end(message, MessageState.DUE)


def broken(message: Message, error: Exception) -> None:
    """It cannot be written: a bug of ours, told to our people once a message."""
    if _end(message, MessageState.FAILED, error_code="cannot_be_written"):
        detail = f"{message.kind} {type(error).__name__}"
        alarm("message_cannot_be_written", subject=f"message:{message.pk}", detail=detail)


def _refused(message: Message, error: Refused) -> None:
    wait = timedelta(seconds=min(SHORTEST_WAIT * 2**message.attempts, LONGEST_WAIT))
    next_try_at = clock.real_now() + wait
    log.warning("message.refused", message_id=str(message.pk), reason=error.code, permanent=error.permanent)
    # `not_after` is asked of the row: a renewal may have withdrawn the message while we were on the line.
    may_try = not error.permanent and claims.ours(message).filter(not_after__gt=next_try_at).exists()
    if may_try:
        _end(message, MessageState.DUE, next_try_at=next_try_at, error_code=error.code, provider=error.by[:30])
    else:
        _end(message, MessageState.FAILED, error_code=error.code, provider=error.by[:30])


def unknown(message: Message, code: str) -> None:
    """Nobody can tell whether it went out."""
    log.warning("message.unknown", message_id=str(message.pk), reason=code)
    next_try_at = clock.real_now() + timedelta(seconds=SHORTEST_WAIT)
    is_worth_it = message.channel == Channel.EMAIL and message.attempts < EMAIL_TRIES_UNKNOWN
    if is_worth_it and claims.ours(message).filter(not_after__gt=next_try_at).exists():
        _end(message, MessageState.DUE, next_try_at=next_try_at, error_code=code[:60])
    else:
        _end(message, MessageState.UNKNOWN, error_code=code[:60])
