"""Writing messages: in the caller's transaction, each once, and withdrawn while nobody has begun to send them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from lib import clock, queue
from notifications import delivery, outbox
from notifications.kinds import KINDS
from notifications.models import Message, MessageState
from notifications.outbox import Recipient
from tests.notifications.post_office import NUMBER, code, outgoing, states, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch) -> list[str]:
    """The tasks that were woken."""
    names: list[str] = []
    monkeypatch.setattr(queue, "wake", lambda task, **_ids: names.append(task))
    return names


def test_a_message_is_a_row_that_is_due_now_and_of_use_as_long_as_its_kind():
    before = clock.real_now()
    row = written(outgoing(key="period:1:plan_ended:sms"))
    after = clock.real_now()

    assert (row.kind, row.channel, row.address, row.language) == ("plan_ended", "sms", NUMBER, "en")
    assert (row.key, row.subject, row.state, row.attempts) == ("period:1:plan_ended:sms", "period:1", "due", 0)
    assert before <= row.due_at == row.next_try_at <= after
    assert row.not_after - row.due_at == KINDS["plan_ended"].useful_for
    assert row.secret is None
    assert row.context["plan"] == "Month 15 GB"


def test_the_caller_may_say_when_it_is_due_and_until_when_it_is_of_use():
    due_at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    row = written(outgoing(due_at=due_at, not_after=due_at + timedelta(hours=3)))

    assert (row.due_at, row.next_try_at, row.not_after) == (due_at, due_at, due_at + timedelta(hours=3))


def test_the_same_key_is_one_message_and_the_first_stays_as_it_was():
    outbox.send(outgoing(key="k"))
    outbox.send(outgoing(key="k", subject="period:2"))

    assert list(Message.objects.values_list("key", "subject")) == [("k", "period:1")]


def test_many_are_written_in_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        outbox.send_many(outgoing(key=f"k:{number}") for number in range(50))

    assert Message.objects.count() == 50


def test_nobody_without_an_address_gets_a_row(django_assert_num_queries, woken):
    with django_assert_num_queries(0):
        outbox.send(outgoing(to=Recipient("", "en", "UTC")))

    assert woken == []


def test_a_kind_nobody_declared_is_refused():
    with pytest.raises(KeyError):
        outbox.send(outgoing(kind="newsletter"))


def test_what_is_rolled_back_was_never_written_and_wakes_nobody(django_capture_on_commit_callbacks, woken):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        outbox.send(outgoing())
        assert Message.objects.count() == 1
        transaction.set_rollback(True)

    assert (Message.objects.count(), woken) == (0, [])


def test_delivery_is_woken_after_the_commit_and_not_before(django_capture_on_commit_callbacks, woken):
    with django_capture_on_commit_callbacks(execute=True):
        outbox.send(outgoing())
        assert woken == []

    assert woken == ["notifications.deliver"]


def test_a_code_wakes_the_fast_queue_and_a_mixed_lot_wakes_both(django_capture_on_commit_callbacks, woken):
    with django_capture_on_commit_callbacks(execute=True):
        outbox.send(code())
    assert woken == ["notifications.deliver_now"]

    with django_capture_on_commit_callbacks(execute=True):
        outbox.send_many([outgoing(key="a"), code(key="b")])
    assert sorted(woken[1:]) == ["notifications.deliver", "notifications.deliver_now"]


def test_send_new_writes_and_counts_only_what_nobody_had_written():
    outbox.send(outgoing(key="k:1"))

    assert outbox.send_new([outgoing(key=f"k:{number}") for number in (1, 2, 3)]) == 2
    assert outbox.send_new([outgoing(key=f"k:{number}") for number in (1, 2, 3)]) == 0
    assert sorted(states()) == ["k:1", "k:2", "k:3"]


# --- Withdrawing -----------------------------------------------------------------------------------------------------------


def test_withdrawing_suppresses_what_is_due_about_the_subject_and_nothing_else():
    for key, subject in (("a", "period:1"), ("b", "period:1"), ("c", "period:2")):
        outbox.send(outgoing(key=key, subject=subject))
    Message.objects.get(key="b").move_to(MessageState.FAILED)

    assert outbox.withdraw("period:1") == 1
    assert outbox.withdraw("period:1") == 0
    assert states() == {"a": "suppressed", "b": "failed", "c": "due"}
    assert Message.objects.get(key="a").error_code == "withdrawn"


def test_withdrawing_keeps_to_the_kinds_it_is_told():
    outbox.send(outgoing(key="a"))
    outbox.send(outgoing(key="b", kind="expiry_reminder"))

    assert outbox.withdraw("period:1", kinds=["expiry_reminder"]) == 1
    assert states() == {"a": "due", "b": "suppressed"}


def test_a_withdrawn_code_is_forgotten():
    outbox.send(code())
    outbox.withdraw("account")

    assert Message.objects.get().secret is None


def test_a_withdrawal_that_is_rolled_back_leaves_the_message_due():
    outbox.send(outgoing())
    with transaction.atomic():
        outbox.withdraw("period:1")
        transaction.set_rollback(True)

    assert states() == {"k:1": "due"}


def test_a_withdrawn_message_never_reaches_the_carrier(post):
    outbox.send(outgoing())
    outbox.withdraw("period:1")

    assert delivery.deliver() == 0
    assert post.letters == []


def test_what_was_claimed_but_not_begun_when_it_was_withdrawn_is_not_sent(post):
    for number in (1, 2):
        outbox.send(outgoing(key=f"k:{number}", subject=f"period:{number}"))
    post.ends = [lambda _letter: outbox.withdraw("period:2")]
    delivery.deliver()

    assert len(post.letters) == 1
    assert states() == {"k:1": "accepted", "k:2": "suppressed"}


def test_what_is_withdrawn_while_the_carrier_refuses_it_is_not_tried_again(post):
    from notifications.channels.protocol import Refused

    def refuse_after_the_renewal(_letter: object) -> None:
        outbox.withdraw("period:1")
        raise Refused("429", permanent=False)

    outbox.send(outgoing())
    post.ends = [refuse_after_the_renewal]
    delivery.deliver()

    assert states() == {"k:1": "failed"}
    assert delivery.deliver() == 0
