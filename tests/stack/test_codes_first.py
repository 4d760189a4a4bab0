"""A code starts within a second, however many other messages are on their way and however slow their carrier is."""

from datetime import timedelta

from accounts.adapter import send_code
from lib import clock, queue
from notifications import outbox
from notifications.models import Message, MessageState
from sandbox.supervisor import commands
from tests.cast import anna, bao, carla
from tests.notifications.post_office import outgoing
from tests.stack.running import Portal, until

OTHERS = [name for name in commands.QUEUES.split(",") if name != commands.CODES]
BACKLOG = 120
SLOW_SECONDS = 0.5


def test_a_code_overtakes_a_backlog_that_keeps_every_other_worker_busy(portal: Portal) -> None:
    numbers = [person().lines[0].msisdn for person in (anna, bao, carla)]
    portal.start_worker(",".join(OTHERS))
    portal.start_worker(commands.CODES, name="codes")
    portal.sandbox.fault("inbox", "delay", seconds=SLOW_SECONDS, times=1000)
    outbox.send_many(outgoing(key=f"backlog:{each}", due_at=clock.real_now()) for each in range(BACKLOG))
    for _process in range(3):
        queue.wake("notifications.deliver")
    until(lambda: Message.objects.filter(state=MessageState.ACCEPTED).count() > 4)
    delays = [_delay_of_a_code(number) for number in numbers]
    assert min(delays) < timedelta(seconds=1), delays  # the machine of the tests has other work as well
    assert max(delays) < timedelta(seconds=5), delays
    assert Message.objects.filter(state__in=(MessageState.DUE, MessageState.CLAIMED)).count() > BACKLOG / 3


def _delay_of_a_code(number: str) -> timedelta:
    """From the moment it is asked for until it is handed to the carrier."""
    asked_at = clock.real_now()
    send_code(number, "493817", language="en", address="127.0.0.1")
    begun = Message.objects.filter(kind="sign_in_code", address=number, called_at__isnull=False)
    until(begun.exists)
    called_at = begun.get().called_at
    assert called_at
    return called_at - asked_at
