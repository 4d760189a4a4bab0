"""A ticket from its first word to its last: what moves, what is told, and what the database refuses."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from lib.models import Audit
from lib.moves import IllegalMove
from notifications.models import Message
from support import asking, conversation, forgetting, my_data, promise
from support.models import (
    OPEN_STATES,
    TICKET_MOVES,
    EntryEvent,
    OpenedBy,
    Ticket,
    TicketEntry,
    TicketState,
    Topic,
)
from tests.cast import anna, emma
from tests.support.asked import NOW, SAM, ask, question

HOUR = timedelta(hours=1)


def said(ticket: Ticket) -> list[tuple[str, str, str]]:
    return list(ticket.entries.values_list("author", "event", "text"))


def kinds() -> list[str]:
    return list(Message.objects.order_by("created_at", "pk").values_list("kind", flat=True))


@pytest.mark.django_db
def test_a_question_is_confirmed_with_a_promise_and_without_its_own_words():
    ticket = ask(anna(), text="Secret words of mine")

    assert (ticket.state, ticket.promised_at) == (TicketState.NEW, NOW + 4 * HOUR)
    assert said(ticket) == [("person", "said", "Secret words of mine")]
    message = Message.objects.get()
    assert (message.kind, message.address, message.subject) == ("ticket_opened", "anna@example.com", ticket.subject)
    assert "Secret" not in str(message.context)
    assert not Audit.objects.exists()


@pytest.mark.django_db
def test_a_second_click_is_the_same_ticket_and_the_form_of_another_is_refused():
    person = anna()
    asked = question(person)

    assert asking.ask(asked, now=NOW) == asking.ask(asked, now=NOW + HOUR)
    assert Ticket.objects.count() == TicketEntry.objects.count() == Message.objects.count() == 1
    with pytest.raises(asking.FormUsed):
        ask(emma(), form_token=asked.form_token)
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_an_answer_goes_out_by_mail_and_a_reply_opens_it_again_with_a_new_promise():
    ticket = ask(anna())

    conversation.answer(ticket.pk, text="Try another card.\n\nOr PayPal.", solves=False, by=SAM, now=NOW + HOUR)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.promised_at, ticket.first_answered_at, ticket.owner) == (
        TicketState.WAITING,
        None,
        NOW + HOUR,
        "staff:0",
    )
    mail = Message.objects.get(kind="ticket_answered")
    assert mail.context["answer"] == ["Try another card.", "Or PayPal."]
    assert Audit.objects.get().deed == "ticket.answered"

    conversation.reply(ticket.pk, text="Declined, too.", actor="subscriber:1", now=NOW + 2 * HOUR)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.promised_at, ticket.first_answered_at) == (
        TicketState.OPEN,
        NOW + 6 * HOUR,
        NOW + HOUR,
    )
    conversation.reply(ticket.pk, text="Hello?", actor="subscriber:1", now=NOW + 3 * HOUR)
    ticket.refresh_from_db()
    assert ticket.promised_at == NOW + 6 * HOUR, "who waits already is not put off"
    assert kinds() == ["ticket_opened", "ticket_answered"]


@pytest.mark.django_db
def test_solved_by_its_person_it_is_put_away_after_two_weeks_and_open_again_by_a_word():
    ticket = ask(anna())
    conversation.solve(ticket.pk, actor="subscriber:1", now=NOW)
    conversation.solve(ticket.pk, actor="subscriber:1", now=NOW + HOUR)
    assert said(ticket)[1:] == [("person", "solved", "")]

    assert conversation.put_away(now=NOW + timedelta(days=14) - HOUR) == 0
    assert conversation.put_away(now=NOW + timedelta(days=14)) == 1
    ticket.refresh_from_db()
    assert ticket.state == TicketState.CLOSED
    conversation.reply(ticket.pk, text="Not solved.", actor="subscriber:1", now=NOW + timedelta(days=20))
    ticket.refresh_from_db()
    assert ticket.state == TicketState.OPEN
    assert kinds() == ["ticket_opened"]


@pytest.mark.django_db
def test_a_note_and_a_foreign_mail_are_for_the_desk_alone_and_tell_nobody():
    ticket = ask(anna())
    conversation.note(ticket.pk, text="She called.", by=SAM, now=NOW)
    conversation.keep_for_desk(ticket.pk, text="I am her cousin.", mail_id="a" * 64, now=NOW)
    conversation.keep_for_desk(ticket.pk, text="I am her cousin.", mail_id="a" * 64, now=NOW)

    assert list(ticket.entries.filter(is_internal=True).values_list("text", flat=True)) == [
        "She called.",
        "I am her cousin.",
    ]
    ticket.refresh_from_db()
    assert ticket.state == TicketState.NEW
    assert kinds() == ["ticket_opened"]


@pytest.mark.django_db
def test_one_looks_after_it_and_a_second_is_told_so():
    ticket = ask(anna())
    conversation.take(ticket.pk, by=SAM)
    conversation.take(ticket.pk, by=SAM)
    other = type(SAM)(person_id=7)
    with pytest.raises(conversation.AlreadyTaken):
        conversation.take(ticket.pk, by=other)
    conversation.hand_back(ticket.pk, by=other)
    conversation.take(ticket.pk, by=other)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.owner) == (TicketState.OPEN, "staff:7")
    deeds = Audit.objects.order_by("pk").values_list("deed", flat=True)
    assert list(deeds) == ["ticket.taken", "ticket.handed_back", "ticket.taken"]


@pytest.mark.django_db
@pytest.mark.parametrize("before", TicketState)
@pytest.mark.parametrize("after", TicketState)
def test_states_follow_the_table_in_python_and_in_the_database(before: TicketState, after: TicketState):
    ticket = ask(anna())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        promised = NOW if before in OPEN_STATES else None
        Ticket.objects.update(state=before, promised_at=promised)
        cursor.execute("SET LOCAL session_replication_role = origin")
    ticket.refresh_from_db()
    allowed = after == before or after in TICKET_MOVES[before]
    wanted = {"state": after, "promised_at": NOW if after in OPEN_STATES else None}
    if allowed:
        Ticket.objects.filter(pk=ticket.pk).update(**wanted)
        return
    with pytest.raises(IllegalMove):
        ticket.move_to(after)
    with pytest.raises(DatabaseError, match="cannot go from"), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(**wanted)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda ticket: Ticket.objects.filter(pk=ticket.pk).delete(),
        lambda ticket: Ticket.objects.update(topic="data"),
        lambda ticket: Ticket.objects.update(title=""),
        lambda ticket: Ticket.objects.update(promised_at=None),
        lambda ticket: Ticket.objects.update(email="x@example.com"),
        lambda ticket: TicketEntry.objects.all().delete(),
        lambda ticket: TicketEntry.objects.update(text="Something else."),
        lambda ticket: TicketEntry.objects.update(is_internal=True),
        lambda ticket: TicketEntry.objects.create(ticket=ticket, author="person", actor="x", text="y" * 4001, at=NOW),
        lambda ticket: Ticket.objects.create(
            subscriber=ticket.subscriber,
            language="en",
            time_zone="UTC",
            topic="other",
            title="x",
            opened_by=OpenedBy.SYSTEM,
            opened_at=NOW,
            promised_at=NOW,
            last_at=NOW,
        ),
    ],
)
def test_the_database_refuses_what_nobody_may_do(change: Any):
    ticket = ask(anna())
    with pytest.raises(DatabaseError), transaction.atomic():
        change(ticket)


@pytest.mark.django_db
def test_all_that_was_said_can_be_told_to_its_person_and_forgotten():
    person, other = anna(), ask(emma(), text="Mine stays.")
    ticket = ask(person)
    conversation.note(ticket.pk, text="She called.", by=SAM, now=NOW)

    tickets, entries = (list(table.rows()) for table in my_data.tables(person))
    assert [row[0] for row in tickets] == [ticket.reference]
    assert [row[-1] for row in entries] == ["It was declined."]
    assert [forgetting.forget(person, []) for _again in range(2)] == [1, 1]
    ticket.refresh_from_db()
    assert (ticket.title, ticket.state, ticket.promised_at) == ("-", "solved", None)
    assert set(ticket.entries.values_list("text", flat=True)) == {""}
    assert said(other) == [("person", "said", "Mine stays.")]


@pytest.mark.parametrize(
    ("topic", "asked", "promised"),
    [
        (Topic.PAYMENT, datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC)),
        # Monday 18:00 in Berlin: two hours are left of the day, two are of Tuesday
        (Topic.PAYMENT, datetime(2026, 11, 23, 17, tzinfo=UTC), datetime(2026, 11, 24, 9, tzinfo=UTC)),
        # Saturday 14:00: two hours are left, Sunday is off
        (Topic.PAYMENT, datetime(2026, 11, 28, 13, tzinfo=UTC), datetime(2026, 11, 30, 9, tzinfo=UTC)),
        # Sunday: from Monday 8:00 on
        (Topic.DATA, datetime(2026, 11, 29, 3, tzinfo=UTC), datetime(2026, 11, 30, 19, tzinfo=UTC)),
    ],
)
def test_a_promise_is_counted_while_somebody_is_there(topic: Topic, asked: datetime, promised: datetime):
    assert promise.promised_by(topic, now=asked) == promised


@pytest.mark.django_db(transaction=True)
def test_the_same_reply_sent_four_times_at_once_is_one_word():
    ticket = ask(anna())
    token = ticket.pk
    barrier = threading.Barrier(4)

    def send() -> None:
        barrier.wait()
        conversation.reply(ticket.pk, text="Hello?", actor="subscriber:1", now=NOW, form_token=token)
        connection.close()

    threads = [threading.Thread(target=send) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event for _author, event, text in said(ticket) if text == "Hello?"] == [EntryEvent.SAID]
