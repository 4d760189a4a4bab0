"""Commands are written with what they tell of: in its transaction, once by their key, in the order of their line."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from provisioning import outbox
from provisioning.models import COMMAND_MOVES, Command, CommandState
from tests.provisioning.cores import LINES, NUMBER, tell, telling

pytestmark = pytest.mark.django_db


def test_everything_is_written_by_one_statement_and_somebody_is_woken_after_the_commit(
    django_assert_num_queries, django_capture_on_commit_callbacks, monkeypatch
):
    woken = []
    monkeypatch.setattr("lib.queue.wake", lambda name, **_ids: woken.append(name))
    with django_capture_on_commit_callbacks(execute=True), django_assert_num_queries(1):
        outbox.tell_many([telling(f"k:{number}", line_id=LINES[number]) for number in range(3)])
        assert woken == []

    assert woken == ["provisioning.deliver"]
    row = Command.objects.get(key="k:0")
    assert (row.line_id, row.msisdn, row.kind, row.subject) == (LINES[0], NUMBER, "line_set", "order:1")
    assert row.payload == {"state": "active", "since": "2026-11-23T12:00:00+00:00", "uses_credit": True}
    assert (row.state, row.attempts, row.claimed_at, row.accepted_at) == ("due", 0, None, None)


def test_a_known_key_is_not_told_twice_and_nothing_to_tell_is_no_statement(django_assert_num_queries):
    first = tell("k:1")[0]
    tell("k:1", payload={"state": "suspended", "since": ""})
    with django_assert_num_queries(0):
        outbox.tell_many([])

    assert Command.objects.get().payload == first.payload


def test_what_is_rolled_back_is_never_told():
    with transaction.atomic():
        tell("k:1")
        transaction.set_rollback(True)

    assert not Command.objects.exists()


def test_commands_have_their_turns_as_they_were_written():
    tell("a", "b")
    tell("c")

    assert list(Command.objects.order_by("sequence").values_list("key", flat=True)) == ["a", "b", "c"]


WAYS = {"due": [], "claimed": ["claimed"], "accepted": ["claimed", "accepted"], "failed": ["claimed", "failed"]}


@pytest.mark.parametrize("after", CommandState.values)
@pytest.mark.parametrize("before", CommandState.values)
def test_the_database_moves_a_command_only_by_the_table(before, after):
    row = tell("k:1")[0]
    for step in WAYS[before]:
        _move(row, step)
    if after in COMMAND_MOVES.get(before, ()):
        _move(row, after)
    elif after != before:
        with pytest.raises(IntegrityError, match=f"cannot go from {before} to {after}"), transaction.atomic():
            _move(row, after)


def _move(row: Command, state: str) -> None:
    at = "now()" if state == "accepted" else "NULL"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE provisioning_command SET state = %s, accepted_at = {at} WHERE id = %s", [state, row.pk])


def test_a_command_stays_what_it_said_and_is_never_deleted():
    row = tell("k:1")[0]
    changes: list[dict[str, Any]] = [
        {"payload": {}},
        {"msisdn": "+49"},
        {"line_id": LINES[1]},
        {"key": "x"},
        {"subject": "y"},
    ]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            Command.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
    with pytest.raises(IntegrityError, match="begins as due"), transaction.atomic():
        Command.objects.create(line_id=LINES[0], msisdn=NUMBER, kind="line_set", payload={}, key="z", state="accepted")
