"""From due to a named end: what the carrier says, what it does not say, and what a dead worker leaves behind."""

import re
from datetime import timedelta

import pytest

from lib import clock
from lib.failpoints import Crashed
from lib.models import Alarm
from notifications import claims, delivery, outbox
from notifications.channels.protocol import OutcomeUnknown, Refused
from notifications.models import Message, MessageState
from tests.notifications.post_office import NUMBER, code, outgoing, pass_time, states, written

pytestmark = pytest.mark.django_db

BUSY = Refused("429", permanent=False)
LOST = OutcomeUnknown("ReadTimeout")


@pytest.fixture
def crash(monkeypatch, tmp_path):
    """Orders a crash at a named place."""
    path = tmp_path / "failpoints"
    monkeypatch.setenv("FAILPOINTS", str(path))
    return lambda name: path.write_text(f"{name} raise", encoding="utf-8")


def test_a_due_message_is_handed_over_and_recorded_as_it_was_sent(post):
    row = written(outgoing())
    assert delivery.deliver() == 1
    row.refresh_from_db()

    (letter,) = post.letters
    assert (letter.address, letter.reference) == (NUMBER, str(row.pk))
    assert (row.state, row.attempts, row.provider_reference, row.error_code) == ("accepted", 1, "carrier-1", "")
    assert row.sent_text == letter.text
    assert row.segments == 1
    assert row.accepted_at


def test_what_is_accepted_is_never_sent_again(post):
    outbox.send(outgoing())

    assert [delivery.deliver() for _time in range(3)] == [1, 0, 0]
    assert len(post.letters) == 1


def test_what_is_due_later_waits(post):
    outbox.send(outgoing(due_at=clock.real_now() + timedelta(minutes=5)))

    assert delivery.deliver() == 0
    pass_time(301)
    assert delivery.deliver() == 1


def test_the_oldest_goes_first_and_everything_goes(post, monkeypatch):
    monkeypatch.setattr(claims, "BATCH", 3)
    now = clock.real_now()
    for number in range(7):
        outbox.send(outgoing(key=f"k:{number}", due_at=now - timedelta(seconds=number)))

    assert delivery.deliver() == 7
    keys = dict(Message.objects.values_list("pk", "key"))
    by_reference = {str(pk): key for pk, key in keys.items()}
    assert [by_reference[letter.reference] for letter in post.letters] == [f"k:{number}" for number in range(6, -1, -1)]


def test_codes_and_the_rest_keep_to_their_own_queues(post):
    outbox.send_many([outgoing(key="news"), code(key="code")])

    assert delivery.deliver(secret=True) == 1
    assert states() == {"code": "accepted", "news": "due"}
    assert delivery.deliver(secret=False) == 1


def test_what_is_of_no_use_any_more_is_suppressed_unsent(post):
    outbox.send(outgoing(not_after=clock.real_now() - timedelta(seconds=1)))
    delivery.deliver()

    assert post.letters == []
    assert list(Message.objects.values_list("state", "error_code")) == [("suppressed", "too_late")]


# --- Refused ---------------------------------------------------------------------------------------------------------------


def test_what_was_surely_not_accepted_is_tried_again_after_ever_longer_waits(post):
    outbox.send(outgoing())
    post.ends = [BUSY] * 9
    waits = []
    for _try in range(9):
        before = clock.real_now()
        delivery.deliver()
        row = Message.objects.get()
        assert (row.state, row.error_code) == ("due", "429")
        waits.append(round((row.next_try_at - before).total_seconds()))
        pass_time(waits[-1] + 1, by="next_try_at")
    delivery.deliver()

    assert waits == [10, 20, 40, 80, 160, 320, 600, 600, 600]
    assert (Message.objects.get().state, Message.objects.get().attempts, len(post.letters)) == ("accepted", 10, 10)
    assert len({letter.reference for letter in post.letters}) == 1


def test_when_the_next_try_would_come_too_late_it_has_failed(post):
    outbox.send(outgoing(not_after=clock.real_now() + timedelta(seconds=15)))
    post.ends = [BUSY, BUSY]
    delivery.deliver()
    assert states() == {"k:1": "due"}
    pass_time(11, by="next_try_at")
    delivery.deliver()

    assert states() == {"k:1": "failed"}
    assert len(post.letters) == 2


def test_a_refusal_for_good_fails_at_once(post):
    outbox.send(outgoing())
    post.ends = [Refused("400", permanent=True)]
    delivery.deliver()

    assert list(Message.objects.values_list("state", "error_code", "attempts")) == [("failed", "400", 1)]


# --- Unknown ---------------------------------------------------------------------------------------------------------------


def test_an_sms_nobody_answered_for_is_unknown_and_never_sent_again(post):
    outbox.send(outgoing())
    post.ends = [LOST]
    delivery.deliver()
    pass_time(3600, by="next_try_at")
    pass_time(3600, by="claimed_at")
    delivery.settle_stale_claims()
    delivery.deliver()

    assert list(Message.objects.values_list("state", "error_code")) == [("unknown", "ReadTimeout")]
    assert len(post.letters) == 1


def test_an_email_nobody_answered_for_goes_out_once_more_under_the_same_reference(post):
    outbox.send(outgoing("email"))
    post.ends = [LOST, LOST]
    for _time in range(4):
        delivery.deliver()
        pass_time(60, by="next_try_at")

    assert states() == {"k:1": "unknown"}
    assert [letter.reference for letter in post.letters] == [str(Message.objects.get().pk)] * 2


@pytest.mark.parametrize(("place", "calls"), [("delivery.claimed", 0), ("delivery.sent", 1)])
def test_an_sms_whose_worker_died_is_unknown_after_the_lease_and_never_sent_again(post, crash, place, calls):
    outbox.send(outgoing())
    crash(place)
    with pytest.raises(Crashed):
        delivery.deliver()
    assert (states(), delivery.settle_stale_claims()) == ({"k:1": "claimed"}, 0)
    pass_time(29, by="claimed_at")

    assert [delivery.settle_stale_claims() for _time in range(2)] == [1, 0]
    assert list(Message.objects.values_list("state", "error_code")) == [("unknown", "worker_lost")]
    assert (delivery.deliver(), len(post.letters)) == (0, calls)


def test_an_email_whose_worker_died_goes_out_once_more(post, crash):
    outbox.send(outgoing("email"))
    crash("delivery.sent")
    with pytest.raises(Crashed):
        delivery.deliver()
    pass_time(60, by="claimed_at")
    delivery.settle_stale_claims()
    pass_time(60, by="next_try_at")
    delivery.deliver()

    assert states() == {"k:1": "accepted"}
    assert [letter.reference for letter in post.letters] == [str(Message.objects.get().pk)] * 2


def test_what_a_dead_worker_had_claimed_and_not_begun_is_sent_by_the_next(post, crash):
    outbox.send_many(outgoing(key=f"k:{number}", due_at=clock.real_now()) for number in range(3))
    crash("delivery.sent")
    with pytest.raises(Crashed):
        delivery.deliver()
    pass_time(60, by="claimed_at")

    assert delivery.settle_stale_claims() == 3
    assert delivery.deliver() == 2
    assert sorted(states().values()) == ["accepted", "accepted", "unknown"]
    assert len({letter.reference for letter in post.letters}) == len(post.letters) == 3


def test_a_slow_worker_leaves_what_was_taken_from_it_and_records_nothing_over_it(post):
    def take_for_dead(_letter: object) -> None:
        pass_time(60, by="claimed_at")
        delivery.settle_stale_claims()

    outbox.send_many(outgoing(key=f"k:{number}", due_at=clock.real_now()) for number in range(2))
    post.ends = [take_for_dead]
    delivery.deliver()

    assert sorted(states().values()) == ["accepted", "unknown"]
    assert len({letter.reference for letter in post.letters}) == len(post.letters) == 2


# --- One that cannot be helped ---------------------------------------------------------------------------------------------


def test_a_message_nobody_can_write_fails_with_an_alarm_and_the_others_go(post):
    now = clock.real_now()
    outbox.send(outgoing(key="poison", context={"ends_at": "no moment"}, due_at=now - timedelta(hours=1)))
    outbox.send(outgoing(key="good", due_at=now))
    delivery.deliver()

    assert states() == {"good": "accepted", "poison": "failed"}
    poison = Message.objects.get(key="poison")
    assert poison.error_code == "cannot_be_written"
    assert list(Alarm.objects.values_list("kind", "subject", "detail")) == [
        ("message_cannot_be_written", f"message:{poison.pk}", "plan_ended ValueError")
    ]


def test_a_carrier_that_breaks_leaves_the_outcome_open_and_the_others_go(post):
    now = clock.real_now()
    for number in range(2):
        outbox.send(outgoing(key=f"k:{number}", due_at=now + timedelta(microseconds=number) - timedelta(hours=1)))
    post.ends = [KeyError("id")]
    delivery.deliver()

    assert states() == {"k:0": "unknown", "k:1": "accepted"}
    assert list(Alarm.objects.values_list("kind", "detail")) == [("message_channel_broken", "KeyError")]


# --- Codes -----------------------------------------------------------------------------------------------------------------


def test_a_code_is_at_rest_only_encrypted_and_gone_with_its_acceptance(post):
    row = written(code(digits="493817"))
    assert row.context == {}
    assert row.secret is not None
    assert b"493817" not in bytes(row.secret)
    delivery.deliver()
    row.refresh_from_db()

    assert "493817" in post.letters[0].text
    assert (row.state, row.sent_text, row.sent_title) == ("accepted", "••••••", "••••••")
    assert Message.objects.get().secret is None
    assert not _is_anywhere("493817")


@pytest.mark.parametrize("end", [LOST, Refused("400", permanent=True), RuntimeError("bug")])
def test_a_code_is_gone_however_it_ends(post, end):
    outbox.send(code())
    post.ends = [end]
    delivery.deliver()

    assert Message.objects.get().secret is None


def test_a_code_that_is_tried_again_still_has_its_digits(post):
    outbox.send(code())
    post.ends = [BUSY]
    delivery.deliver()
    pass_time(11, by="next_try_at")
    delivery.deliver()

    assert post.letters[0].text == post.letters[1].text
    assert states() == {"code:1": "accepted"}


@pytest.mark.parametrize(("age", "end"), [(119, "accepted"), (120, "suppressed"), (121, "suppressed")])
def test_a_code_older_than_two_minutes_is_not_sent(post, age, end):
    outbox.send(code())
    pass_time(age)
    delivery.deliver()

    assert states() == {"code:1": end}
    assert len(post.letters) == (1 if end == "accepted" else 0)
    assert Message.objects.get().secret is None


def test_a_code_nobody_sent_is_forgotten_by_the_sweep_and_nothing_else_is(post):
    outbox.send_many([code(), outgoing(key="news", not_after=clock.real_now())])
    assert delivery.forget_secrets() == 0
    pass_time(121)

    assert delivery.forget_secrets() == 1
    assert states() == {"code:1": "suppressed", "news": "due"}
    assert Message.objects.get(key="code:1").secret is None


def test_a_code_sealed_under_the_last_secret_key_is_still_sent(post, settings):
    outbox.send(code())
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" + "y" * 50
    delivery.deliver()

    assert "493817" in post.letters[0].text


def test_a_code_no_key_opens_fails_and_is_forgotten(post, settings):
    outbox.send(code())
    settings.SECRET_KEY = "another-key-" + "y" * 50
    delivery.deliver()

    assert list(Message.objects.values_list("state", "secret")) == [("failed", None)]
    assert post.letters == []


def test_no_log_line_of_a_delivery_names_number_address_or_code(post, caplog):
    caplog.set_level("DEBUG")
    outbox.send_many([code(), code("email", key="code:2")])
    post.ends = [BUSY, LOST]
    delivery.deliver()

    assert len(post.letters) == 2
    assert "message.refused" in caplog.text
    assert not re.search(r"493817|4069011|anna@", caplog.text)


def _is_anywhere(digits: str) -> bool:
    return any(digits in str(value) for row in Message.objects.values_list() for value in row)


def test_only_what_is_due_is_touched(post):
    for state in (MessageState.SUPPRESSED, MessageState.FAILED):
        written(outgoing(key=str(state))).move_to(state)

    assert delivery.deliver() == 0
    assert states() == {"failed": "failed", "suppressed": "suppressed"}
