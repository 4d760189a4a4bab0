"""Several workers at once, on connections of their own: a line is told one thing at a time, in order, with nothing open."""

import threading
import time
from collections import defaultdict

import pytest
from django.db import connection, transaction

from provisioning import delivery
from provisioning.models import Command
from tests.plans.test_periods_race import at_once_bare
from tests.provisioning.cores import LINES, states, tell

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_never_tell_one_line_two_things_at_once(network):
    for number in range(6):
        for line_id in LINES[:5]:
            tell(f"{line_id}:{number}", line_id=line_id)
    lock, busy, twice = threading.Lock(), set(), []

    def take_a_while(instruction) -> None:
        with lock:
            if instruction.line_id in busy:
                twice.append(instruction)
            busy.add(instruction.line_id)
        time.sleep(0.01)
        with lock:
            busy.discard(instruction.line_id)

    network.ends = [take_a_while] * 30
    results = at_once_bare(*([delivery.deliver] * 3))
    while delivery.deliver():
        pass

    assert twice == []
    assert [result for result in results if isinstance(result, Exception)] == []
    assert set(states().values()) == {"accepted"}
    assert len(network.told) == len({instruction.id for instruction in network.told}) == 30
    by_id = dict(Command.objects.values_list("pk", "sequence"))
    turns = defaultdict(list)
    for instruction in network.told:
        turns[instruction.line_id].append(by_id[instruction.id])
    assert all(found == sorted(found) for found in turns.values())


def test_the_core_is_called_with_nothing_open_and_the_claim_already_seen_by_others(network):
    seen: list[object] = []

    def look_around(instruction) -> None:
        seen.append(Command.objects.get(pk=instruction.id).state)
        connection.close()

    tell("k:1")
    network.ends = [look_around]
    delivery.deliver()

    assert seen == ["claimed"]
    with transaction.atomic(), pytest.raises(RuntimeError, match="commit first"):
        delivery.deliver()


def test_what_is_written_is_not_told_before_the_commit(network):
    with transaction.atomic():
        tell("k:1")
        assert at_once_bare(delivery.deliver) == [0]

    assert delivery.deliver() == 1
