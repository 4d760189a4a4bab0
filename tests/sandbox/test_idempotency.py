"""Idempotency keys: the same request under the same key is carried out once, whatever came of it."""

import threading
import uuid
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.asking import (
    INTENTS,
    REFUNDS,
    SESSIONS,
    Asking,
    flat,
    intent_wanted,
    refusal,
    sdk,
    session_wanted,
    told,
)
from tests.sandbox_process import Sandbox


def _key() -> str:
    return f"key-{uuid.uuid4()}"


def test_the_same_key_and_body_get_the_same_answer_and_say_so(client: StripeClient) -> None:
    key, wanted = _key(), session_wanted()
    first = client.v1.checkout.sessions.create(wanted, {"idempotency_key": key})
    second = client.v1.checkout.sessions.create(wanted, {"idempotency_key": key})
    assert second.to_dict() == first.to_dict()
    assert first.last_response is not None
    assert second.last_response is not None
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert second.last_response.idempotency_key == key
    assert second.last_response.request_id != first.last_response.request_id


def test_the_same_key_with_another_body_is_an_error_and_makes_nothing(client: StripeClient) -> None:
    key = _key()
    made = client.v1.payment_intents.create(intent_wanted(), {"idempotency_key": key})
    with pytest.raises(stripe.IdempotencyError, match="can only be used with the same parameters") as refused:
        client.v1.payment_intents.create(intent_wanted(amount=2000), {"idempotency_key": key})
    assert refused.value.http_status == 400
    assert client.v1.payment_intents.list({"limit": 1}).data[0].id == made.id


def test_the_same_key_at_another_address_is_an_error(api: Asking) -> None:
    api.made(INTENTS, flat(intent_wanted()), key="k")
    answer = api.post(SESSIONS, flat(session_wanted()), key="k")
    assert (answer.status_code, told(answer)["error"]["type"]) == (400, "idempotency_error")
    assert told(api.get(SESSIONS))["data"] == []


def test_after_a_day_a_key_is_forgotten_and_the_request_is_carried_out_again(api: Asking) -> None:
    first = api.made(INTENTS, flat(intent_wanted()), key="k")
    assert api.http.post("/control/idempotency/age", json={"seconds": 86_000}).json == {"aged": 1}
    assert api.made(INTENTS, flat(intent_wanted()), key="k")["id"] == first["id"]
    assert api.http.post("/control/idempotency/age", json={}).json == {"aged": 1}
    second = api.made(INTENTS, flat(intent_wanted()), key="k")
    assert second["id"] != first["id"]
    assert len(told(api.get(INTENTS))["data"]) == 2


def test_ten_at_once_under_one_key_make_one_object(sandbox: Sandbox) -> None:
    sandbox.fault(
        "api", "delay", seconds=0.3, times=10, match=f"POST {INTENTS}"
    )  # all are at work before the first ends
    key, barrier = _key(), threading.Barrier(10)
    answers: list[Any] = []

    def ask() -> None:
        client = sdk(sandbox.url)
        barrier.wait()
        answers.append(client.v1.payment_intents.create(intent_wanted(metadata={"key": key}), {"idempotency_key": key}))

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 10
    assert len({answer.id for answer in answers}) == 1
    replayed = [answer for answer in answers if "Idempotent-Replayed" in answer.last_response.headers]
    assert len(replayed) == 9
    made = sdk(sandbox.url).v1.payment_intents.list({"limit": 100}).data
    assert len([intent for intent in made if intent.metadata.to_dict().get("key") == key]) == 1


def test_a_decline_is_replayed_and_charges_nothing_twice(api: Asking) -> None:
    intent = api.intent()
    path, fields = f"{INTENTS}/{intent['id']}/confirm", {"payment_method": "pm_card_visa_chargeDeclined"}
    first, second = api.post(path, fields, key="k"), api.post(path, fields, key="k")
    assert (first.status_code, second.status_code) == (402, 402)
    assert first.json == second.json
    assert second.headers["Idempotent-Replayed"] == "true"
    assert api.events() == ["payment_intent.created", "payment_intent.payment_failed"]


def test_a_refused_parameter_is_not_kept_so_the_mended_request_may_use_the_key(api: Asking) -> None:
    assert refusal(api.post(INTENTS, {"amount": "100"}, key="k"))[2] == "parameter_missing"
    assert api.made(INTENTS, flat(intent_wanted()), key="k")["status"] == "requires_payment_method"


def test_a_stored_500_is_replayed_and_one_that_is_not_stored_is_tried_again(api: Asking) -> None:
    api.fault("api", "error", stored=True)
    answers = [api.post(INTENTS, flat(intent_wanted()), key="stored") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [500, 500]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    api.fault("api", "error")
    assert api.post(INTENTS, flat(intent_wanted()), key="lost").status_code == 500
    assert api.post(INTENTS, flat(intent_wanted()), key="lost").status_code == 200
    assert len(told(api.get(INTENTS))["data"]) == 1


def test_a_500_after_the_work_was_done_and_stored_hides_what_was_made(api: Asking) -> None:
    api.fault("api", "error", after=True, stored=True, status=503)
    assert [api.post(INTENTS, flat(intent_wanted()), key="k").status_code for _ in range(2)] == [503, 503]
    assert len(told(api.get(INTENTS))["data"]) == 1


def test_the_sdk_itself_gets_over_a_500_with_one_object(sandbox: Sandbox) -> None:
    patient = sdk(sandbox.url, retries=2)
    sandbox.fault("api", "error", match="POST /v1/customers")
    customer = patient.v1.customers.create({"name": (name := _key())})
    assert [one.id for one in patient.v1.customers.list({"limit": 10}).data if one.name == name] == [customer.id]


def test_a_refund_asked_twice_under_one_key_gives_back_once(api: Asking) -> None:
    paid = api.intent(confirm=True, payment_method="pm_card_visa")
    fields = {"payment_intent": paid["id"], "amount": "500"}
    assert api.made(REFUNDS, fields, key="k") == api.made(REFUNDS, fields, key="k")
    assert told(api.get(f"/v1/charges/{paid['latest_charge']}"))["amount_refunded"] == 500


def test_keys_are_read_for_posts_only_and_have_a_limit(api: Asking) -> None:
    assert "Idempotent-Replayed" not in api.get("/v1/balance", None, **{"Idempotency-Key": "k"}).headers
    assert api.post(INTENTS, flat(intent_wanted()), key="k").status_code == 200
    assert refusal(api.post(INTENTS, flat(intent_wanted()), key="k" * 256))[:2] == (
        400,
        "Idempotency keys have at most 255 characters.",
    )
