"""From due to a named end: claim a batch and commit, ask the carrier with no connection to the database held, record what came of it.

An SMS is sent at most once: after a time-out, or a crash between the call and its record, it is `unknown`. An e-mail may go out once
more under the same Message-ID. What a crashed worker had claimed and not begun is due again. As many as the carrier allows are on
their way at once, called from threads that touch no database.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from django.db import connection, transaction

from lib import clock
from lib.failpoints import failpoint
from lib.http import refuse_inside_transaction
from notifications import attachments, claims, recording, secrets, turning_off
from notifications.channels import carrier
from notifications.channels.protocol import Accepted, CarrierOfMessages, Letter
from notifications.models import Message, MessageState
from notifications.recording import Sent
from notifications.rendering import Rendered, render

#: Answers that come within this time of each other are recorded together.
GATHER_SECONDS = 0.02
_CHANNEL = attrgetter("channel")


def deliver(*, secret: bool | None = None) -> int:
    """Send what is due, in batches, until nothing is left. `secret` keeps to codes (True) or to the rest (False). Returns how
    many were claimed.
    """
    total = 0
    while batch := claims.claim(secret=secret):
        for channel, messages in groupby(sorted(batch, key=_CHANNEL), key=_CHANNEL):
            _carry_all(carrier(channel), messages)
        total += len(batch)
    return total


def _carry_all(way: CarrierOfMessages, messages: Iterable[Message]) -> None:
    """Hand everything over, never more at once than the carrier's window; what is answered makes room."""
    left, waiting = deque(messages), dict[Future[Accepted], tuple[Message, Rendered]]()
    with _hands(way) as hand_over:
        while left or waiting:
            room = way.window - len(waiting)
            if left and room >= max(1, way.window // 2):
                group = [left.popleft() for _place in range(min(room, len(left)))]
                for message, rendered in _ready(claims.begin(group)):
                    waiting[hand_over(_letter(message, rendered))] = message, rendered
            if waiting:
                _let_go_of_the_database()
                recording.record([_sent(future, *waiting.pop(future)) for future in _answered(waiting)])


def _ready(messages: Iterable[Message]) -> Iterator[tuple[Message, Rendered]]:
    """Those that could be written."""
    for message in messages:
        try:
            rendered = _rendered(message)
        except Exception as error:  # noqa: BLE001  one message nobody can write must not hold up the others
            recording.broken(message, error)
        else:
            failpoint("delivery.claimed")
            yield message, rendered


def _rendered(message: Message) -> Rendered:
    context = secrets.unseal(message.secret) if message.secret else message.context
    how = {"language": message.language, "time_zone": message.time_zone, "off_url": turning_off.link(message)}
    return render(message.kind, message.channel, context, **how)


def _letter(message: Message, rendered: Rendered) -> Letter:
    return Letter(
        address=message.address,
        title=rendered.title,
        text=rendered.text,
        html=rendered.html,
        reference=str(message.pk),
        attachment=attachments.load(str(message.context.get("attachment", ""))),
        off_url=turning_off.link(message),
        reply_to=str(message.context.get("reply_to", "")),
    )


class _HandOver(Protocol):
    def __call__(self, letter: Letter, /) -> "Future[Accepted]": ...


@contextmanager
def _hands(way: CarrierOfMessages) -> Iterator[_HandOver]:
    """How letters reach the carrier: one after the other in this thread, or side by side in threads of their own."""

    def at_once(letter: Letter) -> "Future[Accepted]":
        done: Future[Accepted] = Future()
        _let_go_of_the_database()
        try:
            done.set_result(way.carry(letter))
        except Exception as error:  # noqa: BLE001  an answer like any other, read by `recording`
            done.set_exception(error)
        return done

    if way.window == 1:
        yield at_once
        return
    refuse_inside_transaction()
    with ThreadPoolExecutor(way.window) as pool:
        yield lambda letter: pool.submit(way.carry, letter)


def _let_go_of_the_database() -> None:
    """A carrier may take its time, and no connection waits with it. Inside a transaction, as tests have one, it stays."""
    if not connection.in_atomic_block:
        connection.close()


def _answered(waiting: Iterable["Future[Accepted]"]) -> "set[Future[Accepted]]":
    """Everything that has an answer, as soon as one has."""
    done, _open = wait(list(waiting), timeout=GATHER_SECONDS, return_when=ALL_COMPLETED)
    return done or wait(list(waiting), return_when=FIRST_COMPLETED).done


def _sent(future: "Future[Accepted]", message: Message, rendered: Rendered) -> Sent:
    error = future.exception()
    if isinstance(error, Exception):
        return Sent(message, rendered, error)
    if error is not None:
        raise error
    failpoint("delivery.sent")
    return Sent(message, rendered, future.result())


def settle_stale_claims() -> int:
    """What was claimed and never recorded: its worker died. What it had not begun is due again. Returns how many."""
    total = 0
    while stale := _settle_batch():
        total += stale
    return total


def _settle_batch() -> int:
    with transaction.atomic():
        stale = list(claims.stale())
        for message in stale:
            if message.called_at is None:
                recording.again(message)
            else:
                recording.unknown(message, "worker_lost")
    return len(stale)


def forget_secrets() -> int:
    """Codes that were never sent lose their secret and end. Returns how many."""
    over = Message.objects.filter(state=MessageState.DUE, not_after__lte=clock.real_now())
    return over.exclude(secret=None).update(state=MessageState.SUPPRESSED, secret=None, error_code="too_late")
