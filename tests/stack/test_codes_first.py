"""A code starts within a second, however many other messages are on their way and however slow their carrier is."""

from datetime import timedelta

from accounts.adapter import send_code
from lib import clock, queue
from notifications import outbox
from notifications.models import Message, MessageState
from sandbox.supervisor import commands
from tests.cast import anna
from tests.notifications.post_office import outgoing
from tests.stack.running import Portal, until

OTHERS = [name for name in commands.QUEUES.split(",") if name != commands.CODES]
BACKLOG = 120
SLOW_SECONDS = 0.5


def test_a_code_overtakes_a_backlog_that_keeps_every_other_worker_busy(portal: Portal) -> None:
    number = anna().lines[0].msisdn
    portal.start_worker(",".join(OTHERS))
    portal.start_worker(commands.CODES, name="codes")
    portal.sandbox.fault("inbox", "delay", seconds=SLOW_SECONDS, times=1000)
    outbox.send_many(outgoing(key=f"backlog:{each}", due_at=clock.real_now()) for each in range(BACKLOG))
    for _process in range(3):
        queue.wake("notifications.deliver")
    until(lambda: Message.objects.filter(state=MessageState.ACCEPTED).count() > 4)
    asked_at = clock.real_now()
    send_code(number, "493817", language="en", address="127.0.0.1")
    code = until(lambda: Message.objects.filter(kind="sign_in_code", state=MessageState.ACCEPTED).first())
    assert code
    assert code.called_at
    assert code.called_at - asked_at < timedelta(seconds=1)
    assert Message.objects.filter(state__in=(MessageState.DUE, MessageState.CLAIMED)).count() > BACKLOG / 3
