"""Events as they arrive: signed, in order, again and again until they are taken, and bent by the faults for webhooks."""

import time
from itertools import pairwise
from pathlib import Path

import pytest
import stripe
from stripe import StripeClient

from sandbox.app import create_app
from tests.conftest import free_port
from tests.sandbox.asking import Asking, intent_wanted, session_wanted, told
from tests.sandbox.receiver import Delivery, Receiver
from tests.sandbox_process import DECLINED, Sandbox

SECRET = "whsec_sandbox"
PAID = ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"]


def _paid(client: StripeClient, sandbox: Sandbox) -> str:
    """The PaymentIntent of a session that has just been paid."""
    intent_id: str = sandbox.pay(client.v1.checkout.sessions.create(session_wanted()).id)["payment_intent"]
    return intent_id


def _starts(came: list[Delivery]) -> list[float]:
    return [delivery.began for delivery in came]


def _overlap(came: list[Delivery]) -> bool:
    """Whether all of them were under way at one moment."""
    return max(delivery.began for delivery in came) < min(delivery.ended for delivery in came)


def test_an_event_is_signed_with_the_vendors_own_scheme(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    intent_id = _paid(client, sandbox)
    for came in receiver.wait_for(intent_id, PAID):
        signature = came.headers["Stripe-Signature"]
        assert stripe.WebhookSignature.verify_header(came.payload.decode(), signature, SECRET, 300)
        event = client.construct_event(came.payload, signature, SECRET)
        assert event.id == came.event["id"]
        assert came.path == "/hook?a=b"
        assert came.headers["Content-Type"] == "application/json; charset=utf-8"
        with pytest.raises(stripe.SignatureVerificationError):
            client.construct_event(came.payload.replace(b"1999", b"9999"), signature, SECRET)
        with pytest.raises(stripe.SignatureVerificationError):
            client.construct_event(came.payload, signature, "whsec_other")


def test_what_is_delivered_is_what_the_list_of_events_tells(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    intent_id = _paid(client, sandbox)
    for came in receiver.wait_for(intent_id, PAID):
        assert client.v1.events.retrieve(came.event["id"]).to_dict() == came.event


def test_the_events_of_one_payment_arrive_one_after_the_other(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.takes_seconds = 0.05
    session = client.v1.checkout.sessions.create(session_wanted())
    sandbox.pay(session.id, DECLINED)
    intent_id = sandbox.pay(session.id)["payment_intent"]
    came = receiver.wait_for(intent_id, [PAID[0], "payment_intent.payment_failed", *PAID[1:]])
    assert all(earlier.ended <= later.began for earlier, later in pairwise(came))


def test_an_event_is_sent_with_growing_pauses_until_it_is_taken_and_no_redirect_is_followed(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.answer = lambda kind, count: [302, 500, 204][count - 1]
    intent = client.v1.payment_intents.create(intent_wanted())
    came = receiver.wait_until(intent.id, lambda came: len(came) >= 3, expected=["payment_intent.created"] * 3)
    first, second, third = _starts(came)
    assert 1 <= second - first < 1.6
    assert 2 <= third - second < 2.6
    assert [delivery.path for delivery in receiver.came] == ["/hook?a=b"] * 3
    (noted,) = sandbox.deliveries(came[0].event["id"])
    assert (noted["state"], noted["attempts"], noted["answer"]) == ("delivered", 3, "204")


def test_an_event_that_is_not_taken_holds_up_no_other_payment(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    stuck = client.v1.payment_intents.create(intent_wanted())
    receiver.wait_for(stuck.id, ["payment_intent.created"])
    receiver.answer = lambda kind, count: 500 if kind == "payment_intent.canceled" else 200
    client.v1.payment_intents.cancel(stuck.id)
    intent_id = _paid(client, sandbox)
    receiver.wait_for(intent_id, PAID)
    receiver.answer = lambda kind, count: 200


def test_a_portal_that_does_not_answer_is_tried_again(environment: dict[str, str]) -> None:
    app = create_app({**environment, "SANDBOX_WEBHOOK_URL": f"http://127.0.0.1:{free_port()}/"})
    api = Asking(app.test_client())
    api.intent()
    until = time.monotonic() + 5
    while not (noted := told(api.http.get("/control/deliveries"))["deliveries"])[0]["attempts"]:
        assert time.monotonic() < until
        time.sleep(0.02)
    app.extensions["sandbox"].courier.stop()
    assert (noted[0]["state"], noted[0]["attempts"]) == ("due", 1)
    assert noted[0]["answer"].startswith("ConnectionRefusedError")


def test_without_an_address_every_event_stays_at_home(api: Asking) -> None:
    api.intent()
    time.sleep(0.1)
    (noted,) = told(api.http.get("/control/deliveries"))["deliveries"]
    assert (noted["state"], noted["attempts"]) == ("due", 0)


def test_a_dropped_event_never_arrives_but_is_listed_and_can_be_sent_by_hand(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.fault("webhook", "drop", match="checkout.session.completed")
    intent_id = _paid(client, sandbox)
    receiver.wait_for(intent_id, PAID[:3])
    event = client.v1.events.list({"type": PAID[3], "limit": 1}).data[0]
    assert event.data.object["payment_intent"] == intent_id
    assert [noted["state"] for noted in sandbox.deliveries(event.id)] == ["dropped"]
    sandbox.redeliver(event.id)
    receiver.wait_for(intent_id, PAID)


def test_a_delayed_event_comes_later_and_alone(client: StripeClient, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.fault("webhook", "delay", match="payment_intent.succeeded", seconds=0.5)
    intent_id = _paid(client, sandbox)
    came = receiver.wait_until(intent_id, lambda came: len(came) == 4)
    assert [delivery.kind for delivery in came] == [PAID[0], PAID[1], PAID[3], PAID[2]]
    assert came[3].began - came[2].began >= 0.3


def test_a_repeated_event_comes_several_times_in_a_row(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.takes_seconds = 0.05
    sandbox.fault("webhook", "repeat", match="checkout.*", copies=3)
    intent_id = _paid(client, sandbox)
    came = receiver.wait_for(intent_id, [*PAID, PAID[3], PAID[3]])
    assert len({delivery.event["id"] for delivery in came[3:]}) == 1
    assert all(earlier.ended <= later.began for earlier, later in pairwise(came))


def test_a_concurrent_event_comes_several_times_at_once(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.takes_seconds = 0.4
    sandbox.fault("webhook", "concurrent", match=PAID[0], copies=10)
    intent = client.v1.payment_intents.create(intent_wanted())
    came = receiver.wait_for(intent.id, [PAID[0]] * 10)
    assert len({delivery.event["id"] for delivery in came}) == 1
    assert _overlap(came)


def test_any_event_can_be_sent_again_many_times_at_once(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    intent = client.v1.payment_intents.create(intent_wanted())
    (first,) = receiver.wait_for(intent.id, [PAID[0]])
    receiver.takes_seconds = 0.4
    sandbox.redeliver(first.event["id"], copies=10)
    came = receiver.wait_for(intent.id, [PAID[0]] * 11)
    assert {delivery.payload for delivery in came} == {first.payload}
    assert _overlap(came[1:])


def test_reordered_events_come_backwards_as_soon_as_the_last_is_there(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.fault("webhook", "reorder", together=4, times=4, seconds=30)
    intent_id = _paid(client, sandbox)
    came = receiver.wait_for(intent_id, PAID[::-1])
    assert came[-1].ended - came[0].began < 3


def test_events_held_back_for_one_that_never_happens_leave_when_the_time_is_over(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.fault("webhook", "reorder", together=2, times=2, seconds=0.3)
    intent = client.v1.payment_intents.create(intent_wanted())
    (came,) = receiver.wait_for(intent.id, [PAID[0]])
    assert came.event["data"]["object"]["id"] == intent.id


def test_a_fault_strikes_as_often_as_it_was_ordered_and_only_what_it_names(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.fault("webhook", "drop", times=2, match="payment_intent.*")
    first, second = _paid(client, sandbox), _paid(client, sandbox)
    receiver.wait_for(first, [PAID[1], PAID[3]])
    receiver.wait_for(second, PAID)


def test_the_secret_is_the_one_it_was_given(receiver: Receiver, tmp_path: Path) -> None:
    app = create_app(
        {
            "SANDBOX_STATE_DIR": str(tmp_path),
            "SANDBOX_WEBHOOK_URL": receiver.url,
            "SANDBOX_WEBHOOK_SECRET": "whsec_mine",
        }
    )
    intent = Asking(app.test_client()).intent()
    (came,) = receiver.wait_for(intent["id"], [PAID[0]])
    app.extensions["sandbox"].courier.stop()
    assert stripe.WebhookSignature.verify_header(
        came.payload.decode(), came.headers["Stripe-Signature"], "whsec_mine", 300
    )
