"""Several workers at once, on connections of their own: each message goes out once, and no call holds a transaction open."""

import threading
import time

import pytest
from django.db import connection, transaction

from notifications import claims, delivery, outbox
from notifications.channels.protocol import Letter
from notifications.models import Message
from tests.notifications.post_office import in_transaction, outgoing, pass_time, states
from tests.plans.test_periods_race import at_once_bare

pytestmark = pytest.mark.django_db(transaction=True)


def test_four_deliverers_at_once_send_each_message_once(post, monkeypatch):
    monkeypatch.setattr(claims, "BATCH", 5)
    post.ends = [lambda _letter: time.sleep(0.005)] * 60
    outbox.send_many(outgoing(key=f"k:{number}") for number in range(60))

    results = at_once_bare(*([delivery.deliver] * 4))

    assert sum(result for result in results if isinstance(result, int)) == 60
    assert len(post.letters) == len({letter.reference for letter in post.letters}) == 60
    assert set(states().values()) == {"accepted"}


def test_the_carrier_is_called_without_a_connection_and_with_the_claim_already_seen_by_others(post):
    seen: list[object] = []

    def look_around(letter: Letter) -> None:
        seen.append(connection.connection is None)
        seen.append(in_transaction())
        thread = threading.Thread(target=lambda: seen.append(_seen_from_outside(letter)))
        thread.start()
        thread.join(10)

    outbox.send(outgoing())
    post.ends = [look_around]
    delivery.deliver()

    assert seen == [True, False, "claimed"]


def test_what_is_written_is_not_seen_by_delivery_before_the_commit(post):
    with transaction.atomic():
        outbox.send(outgoing())
        assert at_once_bare(delivery.deliver) == [0]

    assert delivery.deliver() == 1
    assert len(post.letters) == 1


def test_a_batch_in_another_workers_hands_is_passed_over_and_not_waited_for(post):
    outbox.send_many(outgoing(key=f"k:{number}") for number in range(2))
    with transaction.atomic():
        Message.objects.select_for_update(no_key=True).get(key="k:0")
        began = time.monotonic()
        assert at_once_bare(delivery.deliver) == [1]
        took = time.monotonic() - began

    assert states() == {"k:0": "due", "k:1": "accepted"}
    assert took < 2


def test_withdrawing_and_delivering_at_once_end_in_one_of_the_two(post):
    for number in range(10):
        outbox.send(outgoing(key=f"k:{number}", subject="period:1"))

    results = at_once_bare(delivery.deliver, lambda: outbox.withdraw("period:1"))

    assert all(isinstance(result, int) for result in results)
    assert set(states().values()) <= {"accepted", "suppressed"}
    assert list(states().values()).count("accepted") == len(post.letters)


def test_two_sweeps_at_once_settle_a_stale_claim_once(post):
    outbox.send_many(outgoing("email", key=f"k:{number}") for number in range(6))
    claims.claim(secret=None)
    pass_time(60, by="claimed_at")

    results = at_once_bare(*([delivery.settle_stale_claims] * 3))

    assert sum(result for result in results if isinstance(result, int)) == 6
    assert set(states().values()) == {"due"}


def _seen_from_outside(letter: Letter) -> str:
    try:
        return Message.objects.get(pk=letter.reference).state
    finally:
        connection.close()
