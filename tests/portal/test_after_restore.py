"""What was waiting when the backup was taken: never sent twice as an SMS, asked again at the gateway."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from billing import catching_up
from billing.models import Payment, PaymentState, Refund, RefundState
from lib import clock
from notifications import after_restore, recording
from notifications.after_restore import HeldBack
from notifications.models import Message, MessageState
from tests.billing.ordering import load_reference_data, order_plan, order_top_up, pay, payment_for
from tests.cast import anna, bao
from tests.notifications.post_office import code, outgoing, written

pytestmark = pytest.mark.django_db


def held() -> HeldBack:
    with transaction.atomic():
        return after_restore.hold_back(now=clock.real_now())


def state_of(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.error_code


def claimed(message: Message, *, called_at: datetime | None = None, attempts: int = 1) -> Message:
    """In the hands of a worker of then."""
    message.move_to(MessageState.CLAIMED, claimed_at=clock.real_now(), called_at=called_at, attempts=attempts)
    return message


def test_an_sms_that_was_due_or_being_sent_is_in_doubt_for_good() -> None:
    due = written(outgoing("sms", key="due"))
    begun = claimed(written(outgoing("sms", key="begun")), called_at=clock.real_now())
    assert held() == HeldBack(unknown=2, again=0)
    assert state_of(due) == state_of(begun) == ("unknown", "restored")


def test_an_email_of_use_goes_out_once_in_a_quarter_of_an_hour() -> None:
    message = written(outgoing("email", key="mail"))
    start = clock.real_now()
    assert held() == HeldBack(unknown=0, again=1)
    assert state_of(message) == ("due", "restored")
    assert message.next_try_at >= start + timedelta(minutes=15)
    assert (message.attempts, message.claimed_at) == (1, None)


def test_an_email_that_may_have_gone_out_twice_is_not_sent_again() -> None:
    message = claimed(written(outgoing("email", key="mail")), attempts=recording.EMAIL_TRIES_UNKNOWN)
    assert held() == HeldBack(unknown=1, again=0)
    assert state_of(message) == ("unknown", "restored")


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_a_code_of_then_is_forgotten(channel: str) -> None:
    message = written(code(channel))
    assert held() == HeldBack(unknown=1, again=0)
    assert state_of(message) == ("unknown", "restored")
    assert message.secret is None


def test_what_is_due_later_waits_as_before() -> None:
    later = clock.real_now() + timedelta(days=3)
    message = written(outgoing("sms", key="later", due_at=later))
    assert held() == HeldBack(unknown=0, again=0)
    assert state_of(message) == ("due", "")
    assert (message.next_try_at, message.attempts) == (later, 0)


def test_what_had_ended_keeps_its_end() -> None:
    message = claimed(written(outgoing("sms", key="sent")))
    message.move_to(MessageState.ACCEPTED, provider_reference="carrier-1")
    assert held() == HeldBack(unknown=0, again=0)
    assert state_of(message) == ("accepted", "")


@pytest.fixture
def _catalogue() -> None:
    load_reference_data()


def caught_up() -> catching_up.CatchingUp:
    return catching_up.after_restore(taken_at=clock.real_now())


@pytest.mark.usefixtures("_catalogue")
def test_live_payments_are_asked_about_at_once_and_ended_ones_left() -> None:
    live, ended = payment_for(order_plan(anna())), pay(order_top_up(bao()))
    asked_at = clock.real_now()
    Payment.objects.update(asked_at=asked_at)
    assert caught_up().payments == 1
    found = dict(Payment.objects.values_list("pk", "asked_at"))
    assert found == {live.pk: None, ended.pk: asked_at}
    assert set(Payment.objects.values_list("state", flat=True)) == {PaymentState.OPEN, PaymentState.SUCCEEDED}


def refund(payment: Payment, *states: RefundState, **fields: Any) -> Refund:
    row = Refund.objects.create(
        payment=payment,
        amount_minor=100,
        currency="EUR",
        idempotency_key=f"refund:{payment.pk}:{len(states)}",
        **fields,
    )
    for state in states:
        row.move_to(state, asked_at=clock.real_now())
    return row


@pytest.mark.usefixtures("_catalogue")
def test_a_refund_that_was_only_requested_is_looked_up_before_it_is_asked_for() -> None:
    payment = pay(order_top_up(anna()))
    requested = refund(payment)
    pending = refund(payment, RefundState.SUBMITTED, RefundState.PENDING, gateway_id="re_1")
    done = refund(payment, RefundState.SUBMITTED, RefundState.PENDING, RefundState.SUCCEEDED, gateway_id="re_2")
    done.refresh_from_db()
    assert caught_up().refunds == 2
    rows = {row.pk: (row.attempts, row.asked_at) for row in Refund.objects.all()}
    assert rows == {requested.pk: (1, None), pending.pk: (0, None), done.pk: (0, done.asked_at)}
    assert done.asked_at is not None


@pytest.mark.usefixtures("_catalogue")
def test_catching_up_twice_is_catching_up_once() -> None:
    requested = refund(pay(order_top_up(anna())))
    assert caught_up() == caught_up()
    requested.refresh_from_db()
    assert requested.attempts == 1
