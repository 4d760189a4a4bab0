"""Rows written by hand are the rows that Django writes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import Line
from lib.models import Alarm
from lib.rows import insert, insert_whole, write
from notifications.models import DeliveryReport, Message
from tests.cast import line_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
#: What the database makes, another each time.
MADE = {"id", "created_at"}


def message(key: str, **fields) -> Message:
    return Message(
        kind="renewed", channel="sms", address="+4917604069011", language="en", time_zone="Europe/Berlin",
        context={"plan": {"en": "Month"}, "price": {"minor": 1500}, "quote": "it's 100 %"}, secret=b"\x00'\\", key=key,
        subject="order:1", due_at=NOON, not_after=NOON + timedelta(days=1), **fields,
    )  # fmt: skip


def values(row: Message) -> dict[str, object]:
    return {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name not in MADE}


def test_every_kind_of_value_arrives_as_django_would_write_it():
    insert([message("ours")])
    message("django's").save()
    ours, theirs = (values(Message.objects.get(key=key)) for key in ("ours", "django's"))
    for own in ("key", "next_try_at"):
        del ours[own], theirs[own]
    assert ours == theirs


def test_what_the_database_makes_is_read_back(django_assert_num_queries):
    rows = [message(f"{number}") for number in range(3)]
    with django_assert_num_queries(1):
        insert(rows)
    found = {row.key: row for row in Message.objects.all()}
    assert [(row.pk, row.created_at) for row in rows] == [
        (found[row.key].pk, found[row.key].created_at) for row in rows
    ]
    assert not any(row._state.adding for row in rows)


def test_a_row_and_what_belongs_to_it_are_written_by_one_statement(django_assert_num_queries):
    owner, parts = message("whole"), [DeliveryReport(provider="first", status=word) for word in ("sent", "delivered")]
    with django_assert_num_queries(1):
        insert_whole(owner, parts, owner="message")
    found = Message.objects.get()
    assert (owner.pk, owner.created_at, owner._state.adding) == (found.pk, found.created_at, False)
    assert sorted(found.reports.values_list("status", flat=True)) == ["delivered", "sent"]
    assert {part.message for part in parts} == {owner}

    alone = message("alone")
    insert_whole(alone, [], owner="message")
    assert Message.objects.get(key="alone").pk == alone.pk


def test_a_number_that_the_database_counts_is_read_back():
    alarm = Alarm(kind="x", subject="y")
    insert([alarm])
    assert Alarm.objects.get().pk == alarm.pk


def test_a_known_key_is_left_as_it_is():
    insert([message("a", attempts=1)])
    insert([message("a", attempts=2), message("b", attempts=2)], skip_known=True)
    assert list(Message.objects.order_by("key").values_list("key", "attempts")) == [("a", 1), ("b", 2)]


def test_a_known_key_is_an_error_unless_that_is_asked_for():
    insert([message("a")])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([message("a")])
    assert Message.objects.count() == 1


def test_nothing_to_write_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert([])


def test_only_the_named_fields_are_written(django_assert_num_queries):
    line = line_of("+4917604069021")
    line.label, line.language = "home", "zh-hans"
    with django_assert_num_queries(1):
        write(line, "label")
    line.refresh_from_db()
    assert (line.label, line.language) == ("home", "en")


def test_no_other_row_is_touched():
    line, other = line_of("+4917604069021"), line_of("+4917604069022")
    line.label = "home"
    write(line, "label")
    other.refresh_from_db()
    assert other.label == ""


def test_json_and_nothing_are_written_too():
    row = message("a")
    insert([row])
    row.context, row.secret = {"changed": None}, None
    write(row, "context", "secret")
    row.refresh_from_db()
    assert (row.context, row.secret) == ({"changed": None}, None)


def test_now_is_the_databases():
    line = line_of("+4917604069021")
    line.state_since = datetime(2026, 1, 1, tzinfo=UTC)
    line.save()
    line.state_since = Now()
    write(line, "state_since")
    line.refresh_from_db()
    assert datetime.now(UTC) - line.state_since < timedelta(minutes=1)


def test_a_row_that_is_gone_is_told():
    alarm = Alarm.objects.create(kind="x", subject="y")
    Alarm.objects.all().delete()
    with pytest.raises(DatabaseError, match="is gone"):
        write(alarm, "kind")


def test_a_field_that_does_not_exist_is_a_mistake():
    line = line_of("+4917604069021")
    with pytest.raises(KeyError, match="colour"):
        write(line, "colour")
    assert Line.objects.get().label == ""
