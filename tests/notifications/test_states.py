"""What may follow what, refused by Python and by the database itself."""

import itertools

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from lib.moves import IllegalMove
from notifications.models import MESSAGE_MOVES, Message, MessageState
from tests.notifications.post_office import code, outgoing, written

pytestmark = pytest.mark.django_db

#: Ways to each state by legal moves alone.
WAYS: dict[str, list[str]] = {
    "due": [],
    "claimed": ["claimed"],
    "accepted": ["claimed", "accepted"],
    "delivered": ["claimed", "accepted", "delivered"],
    "undelivered": ["claimed", "accepted", "undelivered"],
    "unknown": ["claimed", "unknown"],
    "suppressed": ["suppressed"],
    "failed": ["failed"],
}
LEGAL = {(before, after) for before, states in MESSAGE_MOVES.items() for after in states}
ALL = [pair for pair in itertools.product(MessageState.values, repeat=2) if pair[0] != pair[1]]


def set_state(row: Message, state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_message SET state = %s WHERE id = %s", [state, row.pk])


def row_in(state: str) -> Message:
    row = written(outgoing())
    for step in WAYS[state]:
        set_state(row, step)
    row.refresh_from_db()
    assert row.state == state
    return row


@pytest.mark.parametrize(("before", "after"), ALL)
def test_the_database_moves_a_message_only_by_the_table(before, after):
    row = row_in(before)
    if (before, after) in LEGAL:
        set_state(row, after)
    else:
        with pytest.raises(IntegrityError, match=f"cannot go from {before} to {after}"), transaction.atomic():
            set_state(row, after)

    row.refresh_from_db()
    assert row.state == (after if (before, after) in LEGAL else before)


def test_python_refuses_with_words_and_changes_nothing():
    row = row_in("accepted")

    with pytest.raises(IllegalMove, match="accepted cannot become due"):
        row.move_to(MessageState.DUE)
    row.refresh_from_db()
    assert row.state == "accepted"


def test_what_was_accepted_can_never_be_due_again():
    ends = {"accepted", "delivered", "undelivered", "unknown", "suppressed", "failed"}

    assert not {(before, after) for before, after in LEGAL if before in ends and after in {"due", "claimed"}}


def test_a_row_begins_as_due():
    with pytest.raises(IntegrityError, match="begins as due"):
        Message.objects.create(
            key="x", state=MessageState.ACCEPTED, due_at="2026-01-01T00:00Z", not_after="2026-01-02T00:00Z"
        )


def test_a_message_is_never_deleted():
    row = written(outgoing())

    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        row.delete()
    assert Message.objects.count() == 1


@pytest.mark.parametrize("state", ["suppressed", "failed"])
def test_the_database_keeps_no_secret_past_the_end(state):
    row = written(code())

    with pytest.raises(DatabaseError, match="message_secret_forgotten"), transaction.atomic():
        set_state(row, state)


def test_a_key_is_once_in_the_database_too():
    row = written(outgoing())
    row.pk = None

    with pytest.raises(IntegrityError, match="key"):
        row.save(force_insert=True)
