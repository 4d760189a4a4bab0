"""What becomes of a command: accepted once, told again as long as that is of use, or refused for good, its line in order."""

from collections.abc import Sequence

import pytest

from lib import clock
from lib.models import Alarm
from provisioning import claims, delivery, recording
from provisioning.core.protocol import Accepted, OutcomeUnknown, Refused
from provisioning.models import Command, CommandState
from provisioning.recording import Answered
from provisioning.tasks import sweep
from tests.provisioning.cores import LINES, pass_time, states, tell

pytestmark = pytest.mark.django_db
BUSY, LOST, NEVER = (
    Refused("503", permanent=False),
    OutcomeUnknown("ReadTimeout"),
    Refused("unknown_number", permanent=True),
)


def keys_of(commands: Sequence[Command]) -> list[str]:
    return [command.key for command in commands]


def keys_told(network) -> list[str]:
    by_id = dict(Command.objects.values_list("pk", "key"))
    return [by_id[instruction.id] for instruction in network.told]


def test_what_is_due_is_told_once_as_it_was_written_and_accepted(network):
    row = tell("k:1")[0]

    assert [delivery.deliver() for _time in range(3)] == [1, 0, 0]
    (said,) = network.told
    assert (said.id, said.line_id, said.msisdn, said.kind) == (row.pk, row.line_id, row.msisdn, row.kind)
    assert said.payload == row.payload
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error_code) == (CommandState.ACCEPTED, 1, "")
    assert row.accepted_at is not None
    assert not Alarm.objects.exists()


def test_a_line_is_told_in_order_and_everything_is_told(network):
    for number in range(6):
        tell(f"a:{number}", line_id=LINES[0])
        tell(f"b:{number}", line_id=LINES[1])

    assert delivery.deliver() == 12
    told = keys_told(network)
    for line in "ab":
        assert [key for key in told if key[0] == line] == [f"{line}:{number}" for number in range(6)]


def test_a_later_command_waits_for_the_earlier_one():
    tell("first", "second")
    first = claims.claim(10)
    assert keys_of(first) == ["first"]
    assert claims.claim(10) == []
    Command.objects.filter(key="first").update(state=CommandState.DUE, next_try_at=clock.real_now())
    pass_time(-60, by="next_try_at")
    assert claims.claim(10) == []
    pass_time(120, by="next_try_at")
    assert keys_of(claims.claim(10)) == ["first"]


def test_a_claim_takes_at_most_one_command_a_line_and_no_more_than_asked_for():
    for line_id in LINES[:5]:
        tell(f"{line_id}:1", f"{line_id}:2", line_id=line_id)

    claimed = claims.claim(3)
    assert len({command.line_id for command in claimed}) == len(claimed) == 3
    assert {command.line_id for command in claims.claim(10)} == set(LINES[:5]) - {row.line_id for row in claimed}


def test_what_nobody_answered_for_is_told_again_under_the_same_id(network):
    tell("k:1")
    network.ends = [LOST]
    delivery.deliver()
    assert states() == {"k:1": "due"}
    assert delivery.deliver() == 0
    pass_time(11, by="next_try_at")
    delivery.deliver()

    assert states() == {"k:1": "accepted"}
    assert len(network.told) == 2
    assert len({instruction.id for instruction in network.told}) == 1


def test_what_is_refused_for_now_is_tried_again_after_ever_longer_waits(network):
    tell("k:1")
    network.ends = [BUSY] * 6
    waits = []
    for _try in range(6):
        before = clock.real_now()
        delivery.deliver()
        row = Command.objects.get()
        assert (row.state, row.error_code) == ("due", "503")
        waits.append(round((row.next_try_at - before).total_seconds()))
        pass_time(waits[-1] + 1, by="next_try_at")
    delivery.deliver()

    assert waits == [10, 20, 40, 60, 60, 60]
    assert states() == {"k:1": "accepted"}


def test_what_is_refused_for_good_fails_with_an_alarm_and_later_commands_go_on(network):
    tell("first", "second")
    tell("other", line_id=LINES[1])
    network.ends = [NEVER]
    delivery.deliver()

    assert states() == {"first": "failed", "second": "accepted", "other": "accepted"}
    failed = Command.objects.get(key="first")
    assert (failed.error_code, failed.accepted_at) == ("unknown_number", None)
    raised = Alarm.objects.get()
    assert (raised.kind, raised.subject) == ("provisioning.refused", f"command:{failed.pk}")
    assert failed.msisdn not in raised.detail


def test_while_nothing_gets_through_one_window_is_tried(network):
    for line_id in LINES[:20]:
        tell(str(line_id), line_id=line_id)
    network.ends = [BUSY] * 20

    assert delivery.deliver() == network.window == len(network.told)
    network.ends = []
    assert delivery.deliver() == 20 - network.window
    assert sorted(states().values()) == ["accepted"] * (20 - network.window) + ["due"] * network.window


def test_one_line_that_is_refused_holds_up_no_other(network):
    for line_id in LINES[:9]:
        tell(str(line_id), line_id=line_id)
    network.ends = [BUSY]
    delivery.deliver()

    assert sorted(states().values()) == ["accepted"] * 8 + ["due"]


def test_what_a_dead_worker_held_is_due_again_when_its_lease_is_over(network):
    tell("k:1")
    claims.claim(1)
    sweep()
    assert network.told == []
    pass_time(29, by="claimed_at")
    sweep()

    assert states() == {"k:1": "accepted"}


def test_an_answer_after_somebody_else_took_it_over_changes_nothing():
    tell("k:1")
    claimed = claims.claim(1)
    Command.objects.update(claimed_at=clock.real_now())
    for answer in (Accepted(), LOST, NEVER):
        recording.record([Answered(claimed[0], answer)])

    assert states() == {"k:1": "claimed"}
    assert not Alarm.objects.exists()


def test_a_mistake_of_the_adapter_is_told_once_and_the_command_tried_again(network):
    tell("a", line_id=LINES[0])
    tell("b", line_id=LINES[1])
    network.ends = [KeyError("x"), KeyError("x")]
    delivery.deliver()

    assert states() == {"a": "due", "b": "due"}
    assert [(row.kind, row.subject, row.detail) for row in Alarm.objects.all()] == [
        ("provisioning.broken", "core", "KeyError")
    ]


def test_what_waits_for_a_quarter_of_an_hour_is_an_alarm_once(network):
    tell("k:1")
    network.ends = [BUSY] * 9
    sweep()
    assert not Alarm.objects.exists()
    pass_time(16 * 60)
    for _time in range(3):
        sweep()

    raised = Alarm.objects.get()
    assert (raised.kind, raised.subject) == ("provisioning.behind", "core")
    assert raised.detail.endswith(": 503")
