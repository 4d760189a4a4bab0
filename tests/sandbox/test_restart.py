"""The books survive a power cut: objects, keys, messages, faults, the clock, and deliveries that were not taken."""

from pathlib import Path

import pytest
import requests
import stripe

from tests.conftest import free_port
from tests.sandbox.asking import intent_wanted, sdk, session_wanted
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import Sandbox


def test_a_killed_sandbox_knows_everything_again_and_delivers_what_was_due(receiver: Receiver, tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, port=free_port(), webhook_url=receiver.url)
    sandbox.start()
    try:
        client = sdk(sandbox.url)
        receiver.answer = lambda kind, count: 500
        session = client.v1.checkout.sessions.create(session_wanted())
        intent_id = sandbox.pay(session.id)["payment_intent"]
        wanted = intent_wanted()
        kept = client.v1.payment_intents.create(wanted, {"idempotency_key": "k"})
        message = {"channel": "sms", "to": "+4917604069012", "text": "Hello", "reference": "m-1"}
        assert requests.post(f"{sandbox.url}/inbox/messages", json=message, timeout=5).status_code == 201
        sandbox.turn_clock(3600)
        sandbox.fault("refund", "fail")
        before = client.v1.events.list({"limit": 100}).to_dict()
        receiver.wait_until(intent_id, lambda came: len(came) >= 1)

        sandbox.kill()
        receiver.reset()
        with pytest.raises(stripe.APIConnectionError):
            client.v1.balance.retrieve()
        sandbox.start()

        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
        assert client.v1.events.list({"limit": 100}).to_dict() == before
        assert client.v1.payment_intents.create(wanted, {"idempotency_key": "k"}).id == kept.id
        assert requests.post(f"{sandbox.url}/inbox/messages", json=message, timeout=5).status_code == 200
        assert [message["text"] for message in sandbox.messages()] == ["Hello"]
        assert requests.get(f"{sandbox.url}/clock", timeout=5).json()["offset_seconds"] == 3600
        came = receiver.wait_until(intent_id, lambda came: len(came) >= 4)
        assert {delivery.kind for delivery in came} == {
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        }
        assert client.v1.refunds.create({"payment_intent": intent_id}).status == "failed"
    finally:
        sandbox.stop()
