"""What became of a message, from the provider to its row: signed, over HTTP, late, twice, in the wrong order, and never."""

from collections.abc import Iterator

import pytest

from lib import clock, queue
from notifications import outbox
from notifications.models import Message, Suppression
from notifications.outbox import Outgoing, Recipient
from notifications.samples import facts
from tests.stack.running import Portal, until

NUMBERS = [f"+4917604069{number:03}" for number in range(21, 26)]


@pytest.fixture
def reporting(portal: Portal) -> Iterator[Portal]:
    with portal.with_reports():
        portal.start_worker()
        yield portal
        until(lambda: not Message.objects.filter(state__in=("due", "claimed")).exists())


def send(*addresses: str) -> None:
    context = facts(clock.now())
    for address in addresses:
        channel = "email" if "@" in address else "sms"
        to = Recipient(address, "en", "Europe/Berlin")
        outbox.send(
            Outgoing(kind="plan_ended", channel=channel, to=to, context=context, key=f"test:{address}", subject="test")
        )
    queue.wake("notifications.deliver")


def states() -> dict[str, tuple[str, str]]:
    rows = Message.objects.values_list("address", "state", "error_code")
    return {address: (state, code) for address, state, code in rows}


def test_each_message_ends_as_its_provider_says(reporting: Portal) -> None:
    arrives, lost, late, twice, unheard = NUMBERS
    sandbox = reporting.sandbox
    sandbox.fault("report", "undelivered", match=lost, reason="30003")
    sandbox.fault("report", "delay", match=late, seconds=2)
    sandbox.fault("report", "again", match=twice)
    sandbox.fault("report", "drop", match=unheard)
    sandbox.fault("report", "undelivered", match="bao@example.com", reason="bounce")
    send(*NUMBERS, "anna@example.com", "bao@example.com")
    expected = {
        arrives: ("delivered", ""),
        lost: ("undelivered", "30003"),
        late: ("delivered", ""),
        twice: ("delivered", ""),
        unheard: ("accepted", ""),
        "anna@example.com": ("delivered", ""),
        "bao@example.com": ("undelivered", "bounced"),
    }
    until(lambda: states() == expected)
    assert Suppression.objects.get().address == "bao@example.com"
    reports = Message.objects.get(address=twice).reports.values_list("status", flat=True)
    assert sorted(reports) == ["delivered", "sent"]
    assert sandbox.message_counts("sms") == {"messages": 5, "repeated": 0}
