"""An alarm: one row, one log line, and at most one mail a kind an hour."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.db.models import F

from lib import alarm as alarms
from lib.alarm import alarm, holding_up_nobody, mail_alarms
from lib.models import Alarm
from tests.plans.test_periods_race import at_once_bare

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mails_here(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ALARM_EMAILS = ["operations@refill.example", "night@refill.example"]


def let_an_hour_pass() -> None:
    Alarm.objects.filter(mailed_at__isnull=False).update(mailed_at=F("mailed_at") - timedelta(minutes=60, seconds=1))


def test_an_alarm_is_one_row_and_one_line_and_no_mail_yet(caplog):
    row = alarm("books_differ", subject="line:1", detail="off by 3")

    assert (row.kind, row.subject, row.detail, row.mailed_at, row.seen_at) == (
        "books_differ",
        "line:1",
        "off by 3",
        None,
        None,
    )
    assert Alarm.objects.count() == 1
    lines = [record for record in caplog.records if record.name == "lib.alarm"]
    assert [line.levelname for line in lines] == ["ERROR"]
    assert "books_differ" in caplog.text
    assert mail.outbox == []


def test_what_is_tried_over_and_over_is_told_once_until_somebody_has_seen_it():
    first = alarm("cannot_be_drawn", subject="receipt:1", once=True)

    assert alarm("cannot_be_drawn", subject="receipt:1", once=True) == first
    assert alarm("cannot_be_drawn", subject="receipt:2", once=True) != first
    Alarm.objects.update(seen_at=F("raised_at"))
    assert alarm("cannot_be_drawn", subject="receipt:1", once=True) != first
    assert Alarm.objects.count() == 3


def test_one_that_breaks_holds_up_no_other_and_its_trace_is_logged_once(caplog):
    done = []
    for thing in (1, 2, 1, 3):
        with holding_up_nobody("thing.broken", subject=f"thing:{thing}"):
            done.append(6 / (thing - 1))

    assert done == [6.0, 3.0]
    assert list(Alarm.objects.values_list("kind", "subject", "detail")) == [
        ("thing.broken", "thing:1", "ZeroDivisionError")
    ]
    assert caplog.text.count("Traceback") == 1


def test_what_is_rolled_back_raises_no_alarm():
    with transaction.atomic():
        alarm("books_differ", subject="line:1")
        transaction.set_rollback(True)

    assert Alarm.objects.count() == 0


def test_a_kind_is_mailed_once_with_all_its_rows_to_everybody():
    for number in range(3):
        alarm("books_differ", subject=f"line:{number}", detail="off")
    assert mail_alarms() == 1

    (sent,) = mail.outbox
    assert sent.subject == "[alarm] books_differ (3)"
    assert sent.to == ["operations@refill.example", "night@refill.example"]
    assert [line.split("  ")[1:] for line in sent.body.splitlines()] == [
        ["line:0", "off"],
        ["line:1", "off"],
        ["line:2", "off"],
    ]


def test_the_same_kind_is_mailed_again_an_hour_later_and_not_before():
    alarm("books_differ", subject="line:1")
    assert mail_alarms() == 1
    alarm("books_differ", subject="line:2")
    assert [mail_alarms() for _time in range(3)] == [0, 0, 0]
    let_an_hour_pass()

    assert [mail_alarms(), mail_alarms()] == [1, 0]
    assert [sent.subject for sent in mail.outbox] == ["[alarm] books_differ (1)"] * 2
    assert "line:2" in str(mail.outbox[1].body)
    assert "line:1" not in str(mail.outbox[1].body)


def test_each_kind_has_its_own_hour():
    for kind in ("a", "b"):
        alarm(kind, subject="x")

    assert mail_alarms() == 2
    assert sorted(sent.subject for sent in mail.outbox) == ["[alarm] a (1)", "[alarm] b (1)"]


def test_many_rows_of_one_kind_cost_no_more_statements_than_one(django_assert_max_num_queries):
    for number in range(250):
        alarm("flood", subject=str(number))

    with django_assert_max_num_queries(8):
        assert mail_alarms() == 1
    assert mail.outbox[0].subject == "[alarm] flood (100)"
    assert Alarm.objects.filter(mailed_at=None).count() == 150


def test_nothing_to_say_is_no_mail():
    assert mail_alarms() == 0
    assert mail.outbox == []


def test_an_alarm_whose_mail_did_not_go_out_waits_for_the_next_try(monkeypatch):
    alarm("books_differ", subject="line:1")
    with monkeypatch.context() as patch:
        patch.setattr(alarms, "send_mail", _refuse)
        with pytest.raises(ConnectionRefusedError):
            mail_alarms()

    assert mail_alarms() == 1
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_four_sweeps_at_once_send_one_mail_of_a_kind_however_many_rows_wait():
    for number in range(250):
        alarm("flood", subject=str(number))

    results = at_once_bare(*([mail_alarms] * 4))

    assert sorted(map(str, results)) == ["0", "0", "0", "1"]
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_a_sweep_waits_for_another_that_is_about_to_mail_the_same_kind():
    alarm("flood", subject="x")
    results: list[object] = []
    other = threading.Thread(target=lambda: results.extend(at_once_bare(mail_alarms)))
    with transaction.atomic():
        assert len(alarms._claim("flood")) == 1
        other.start()
        other.join(0.5)
        assert results == []
    other.join(10)

    assert results == [0]
    assert mail.outbox == []


def _refuse(*_args: object) -> None:
    raise ConnectionRefusedError
