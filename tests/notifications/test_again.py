"""Sending a message once more: a row of its own, never a code, never while the first is on its way, and one for two clicks."""

import pytest

from notifications import again, delivery
from notifications.models import Message, MessageState
from tests.notifications.post_office import code, outgoing, states, written

pytestmark = pytest.mark.django_db


def ended(state: MessageState = MessageState.UNKNOWN, **more: str) -> Message:
    row = written(outgoing(**more))
    for step in (MessageState.CLAIMED, state):
        row.move_to(step)
    return row


@pytest.mark.parametrize("state", [MessageState.UNKNOWN, MessageState.FAILED, MessageState.ACCEPTED])
def test_it_goes_out_once_more_with_the_same_words(post, state):
    first = ended(state)
    assert again.send(first) == "k:1:again:1"
    delivery.deliver()
    row = Message.objects.get(key="k:1:again:1")
    assert (row.state, row.context, row.address, row.subject) == (
        MessageState.ACCEPTED,
        first.context,
        first.address,
        first.subject,
    )
    assert states()["k:1"] == state
    assert again.again_of(first).count() == 1


def test_a_second_click_while_it_is_on_its_way_writes_nothing(post):
    first = ended()
    again.send(first)
    with pytest.raises(again.IsOnItsWay):
        again.send(first)
    delivery.deliver()
    again.send(Message.objects.get(key="k:1:again:1"))
    assert set(states()) == {"k:1", "k:1:again:1", "k:1:again:2"}


def test_what_is_due_is_not_sent_again():
    with pytest.raises(again.IsOnItsWay):
        again.send(written(outgoing()))


def test_a_code_is_never_sent_again(post):
    row = written(code())
    delivery.deliver()
    row.refresh_from_db()
    with pytest.raises(again.IsSecret):
        again.send(row)
