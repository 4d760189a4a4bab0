"""Faults on demand: of the API, of payments, of the inbox; how they are ordered, listed and taken back."""

import time
from typing import Any

import pytest
import requests
import stripe
from flask.testing import FlaskClient
from stripe import StripeClient

from tests.sandbox.asking import INTENTS, KEY, Asking, flat, intent_wanted, session_wanted, told
from tests.sandbox_process import Sandbox


def _intents(api: Asking) -> int:
    return len(told(api.get(INTENTS))["data"])


def test_an_error_before_the_work_leaves_nothing(client: StripeClient, sandbox: Sandbox) -> None:
    sandbox.fault("api", "error", match=f"POST {INTENTS}", status=502)
    before = client.v1.payment_intents.list({"limit": 1}).data
    with pytest.raises(stripe.APIError) as broken:
        client.v1.payment_intents.create(intent_wanted())
    assert broken.value.http_status == 502
    assert [one.id for one in client.v1.payment_intents.list({"limit": 1}).data] == [one.id for one in before]


def test_an_error_after_the_work_hides_what_was_made(api: Asking) -> None:
    api.fault("api", "error", after=True)
    assert api.post(INTENTS, flat(intent_wanted()), key="k").status_code == 500
    assert _intents(api) == 1
    api.made(INTENTS, flat(intent_wanted()), key="k")
    assert _intents(api) == 2


def test_a_slow_answer_comes_with_everything_done_once(api: Asking) -> None:
    api.fault("api", "delay", seconds=0.2)
    began = time.monotonic()
    api.intent()
    assert time.monotonic() - began >= 0.2
    assert _intents(api) == 1


def test_an_answer_after_the_callers_patience_is_found_again_under_its_key(sandbox: Sandbox) -> None:
    hasty = stripe.StripeClient(
        KEY, base_addresses={"api": sandbox.url}, max_network_retries=0, http_client=stripe.RequestsClient(timeout=0.5)
    )
    key = f"late-{time.time_ns()}"
    sandbox.fault("api", "timeout_after", seconds=0.8, match=f"POST {INTENTS}")
    with pytest.raises(stripe.APIConnectionError):
        hasty.v1.payment_intents.create(intent_wanted(), {"idempotency_key": key})
    newest = hasty.v1.payment_intents.list({"limit": 1}).data[0]
    assert hasty.v1.payment_intents.create(intent_wanted(), {"idempotency_key": key}).id == newest.id


def test_too_many_requests_is_a_429_of_its_own_kind(client: StripeClient, sandbox: Sandbox) -> None:
    sandbox.fault("api", "rate_limit", times=2)
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError) as refused:
            client.v1.balance.retrieve()
        assert refused.value.http_status == 429
        assert (refused.value.error and refused.value.error.code) == "rate_limit"
    assert client.v1.balance.retrieve().object == "balance"


def test_a_fault_of_the_api_strikes_only_the_address_it_names(api: Asking) -> None:
    api.fault("api", "error", match="POST /v1/refunds")
    api.intent()
    assert api.post("/v1/refunds", {"payment_intent": "pi_1"}).status_code == 500
    assert api.post("/v1/refunds", {"payment_intent": "pi_1"}).status_code == 400


@pytest.mark.parametrize(
    ("do", "details", "sum_paid"),
    [("amount", {"amount": 1500}, (1500, "eur")), ("currency", {"currency": "usd"}, (1999, "usd"))],
)
def test_a_payment_may_bring_another_sum_than_was_asked(
    client: StripeClient, sandbox: Sandbox, do: str, details: dict[str, Any], sum_paid: tuple[int, str]
) -> None:
    session = client.v1.checkout.sessions.create(session_wanted())
    sandbox.fault("payment", do, match=session.id, **details)
    sandbox.pay(session.id)
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    intent = paid.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert (paid.amount_total, paid.currency) == sum_paid
    assert (intent.amount_received, intent.currency) == sum_paid
    assert (intent.latest_charge.amount, intent.latest_charge.currency) == sum_paid


@pytest.mark.parametrize(
    ("outcome", "payment_status", "intent_status", "event"),
    [
        ("succeed", "paid", "succeeded", "checkout.session.async_payment_succeeded"),
        ("fail", "unpaid", "requires_payment_method", "checkout.session.async_payment_failed"),
    ],
)
def test_an_async_payment_completes_the_page_and_is_decided_later(
    api: Asking, outcome: str, payment_status: str, intent_status: str, event: str
) -> None:
    session = api.session()
    api.fault("payment", "async")
    paid = api.pay(session["id"])
    assert (paid["status"], paid["payment_status"], paid["intent_status"]) == ("complete", "unpaid", "processing")
    assert api.events()[-2:] == ["payment_intent.processing", "checkout.session.completed"]
    path = f"/control/settle/{paid['payment_intent']}"
    assert api.http.post(path, json={"outcome": outcome}).status_code == 200
    session = told(api.get(f"/v1/checkout/sessions/{session['id']}", {"expand[0]": "payment_intent"}))
    assert (session["status"], session["payment_status"]) == ("complete", payment_status)
    assert session["payment_intent"]["status"] == intent_status
    assert api.events()[-1] == event
    assert api.http.post(path, json={"outcome": outcome}).status_code == 400


def test_the_inbox_can_be_broken_before_and_refuse_a_message(sandbox: Sandbox) -> None:
    message = {"channel": "sms", "to": "+4917604069012", "text": "Your code is 123456", "reference": "r-1"}
    sandbox.fault("inbox", "error", match="sms", status=503)
    sandbox.fault("inbox", "reject", match="+49176*", status=422)
    statuses = [requests.post(f"{sandbox.url}/inbox/messages", json=message, timeout=5).status_code for _ in range(3)]
    assert statuses == [503, 422, 201]
    assert len(sandbox.messages()) == 1


def test_the_inbox_can_be_slow_and_take_a_message_after_the_callers_patience(sandbox: Sandbox) -> None:
    message = {"channel": "email", "to": "anna@example.com", "text": "Hello", "reference": "r-2"}
    sandbox.fault("inbox", "delay", match="email *@example.com", seconds=0.3)
    began = time.monotonic()
    assert requests.post(f"{sandbox.url}/inbox/messages", json=message, timeout=5).status_code == 201
    assert time.monotonic() - began >= 0.3
    late = {**message, "reference": "r-3"}
    sandbox.fault("inbox", "timeout_after", seconds=1)
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{sandbox.url}/inbox/messages", json=late, timeout=0.3)
    assert [kept["reference"] for kept in sandbox.messages()] == ["r-3", "r-2"]
    assert requests.post(f"{sandbox.url}/inbox/messages", json=late, timeout=5).status_code == 200


def test_faults_are_listed_with_what_is_left_of_them_and_taken_back(api: Asking) -> None:
    ordered = api.fault("webhook", "drop", times=3, match="payment_intent.created")
    assert ordered.json == {
        "id": 1, "on": "webhook", "do": "drop", "match": "payment_intent.created", "remaining": 3, "used": 0,
    }  # fmt: skip
    api.intent()
    assert told(api.http.get("/faults"))["faults"] == [{**told(ordered), "remaining": 2, "used": 1}]
    assert api.http.delete("/faults").json == {"faults": []}
    api.intent()
    states = [noted["state"] for noted in told(api.http.get("/control/deliveries"))["deliveries"]]
    assert states == ["due", "dropped"]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"on": "weather", "do": "rain"}, "on: one of webhook, api, payment, refund, inbox, core, usage, report."),
        ({"on": "webhook", "do": "explode"}, "do: one of drop, delay, repeat, concurrent, reorder."),
        ({"on": "webhook", "do": "drop", "times": 0}, "times: a whole number from 1."),
        ({"on": "webhook", "do": "drop", "times": "2"}, "times: a whole number from 1."),
        ({"on": "webhook", "do": "drop", "seconds": 1}, "seconds: unknown here; known: nothing more."),
        ({"on": "webhook", "do": "delay", "seconds": -1}, "seconds: from 0 to 3600."),
        ({"on": "webhook", "do": "delay", "seconds": "1"}, "seconds: float is wanted."),
        ({"on": "webhook", "do": "repeat", "copies": 51}, "copies: from 1 to 50."),
        ({"on": "api", "do": "error", "status": 200}, "status: from 400 to 599."),
        ({"on": "api", "do": "error", "after": "yes"}, "after: bool is wanted."),
        ({"on": "payment", "do": "amount", "amount": -5}, "amount: from 0 to 99999999."),
        ({"on": "payment", "do": "currency", "currency": "EURO"}, "currency: three lower-case letters."),
        ({"on": "inbox", "do": "reject", "match": 7}, "match: a text of at most 300 characters."),
    ],
)
def test_an_order_that_is_none_is_refused_in_words(http: FlaskClient, order: dict[str, Any], words: str) -> None:
    answer = http.post("/faults", json=order)
    assert (answer.status_code, told(answer)["error"]) == (422, words)
    assert told(http.get("/faults"))["faults"] == []


def test_the_clock_is_turned_for_everybody_who_reads_its_file(sandbox: Sandbox) -> None:
    sandbox.turn_clock(86_400)
    said = requests.get(f"{sandbox.url}/clock", timeout=5).json()
    assert said["offset_seconds"] == 86_400
    assert said["now"] == pytest.approx(time.time() + 86_400, abs=5)
    too_far = requests.post(f"{sandbox.url}/clock", json={"offset_seconds": 4 * 10**8}, timeout=5)
    assert too_far.status_code == 422
    assert requests.get(f"{sandbox.url}/clock", timeout=5).json()["offset_seconds"] == 86_400


def test_stripes_own_times_stay_real_whatever_the_clock_says(client: StripeClient, sandbox: Sandbox) -> None:
    sandbox.turn_clock(10 * 86_400)
    assert client.v1.payment_intents.create(intent_wanted()).created == pytest.approx(time.time(), abs=5)


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/control/pay/cs_none", {}, "No such checkout.session: 'cs_none'"),
        ("/control/pay/cs_none", {"card": "4111"}, "card must be one of 4242424242424242"),
        ("/control/pay/cs_none", {"card": 4242}, "card must be of type str."),
        ("/control/pay/cs_none", {"cart": "x"}, "Send a JSON object with method, card, payer, bank, force, expires."),
        ("/control/settle/pi_none", {"outcome": "succeed"}, "No such payment_intent: 'pi_none'"),
        ("/control/settle/re_none", {"outcome": "fail"}, "No such refund: 're_none'"),
        ("/control/settle/pi_none", {"outcome": "maybe"}, "outcome must be succeed or fail."),
        ("/control/settle/pi_none", {}, "outcome must be succeed or fail."),
        ("/control/redeliver/evt_none", {}, "No such event: 'evt_none'"),
        ("/control/redeliver/evt_none", {"copies": 0}, "copies must be a number from 1 to 200."),
        ("/control/idempotency/age", {"seconds": -1}, "seconds must be a number from 0 to a year."),
    ],
)
def test_a_control_that_cannot_be_followed_says_why(
    http: FlaskClient, path: str, body: dict[str, Any], words: str
) -> None:
    answer = http.post(path, json=body)
    assert answer.status_code in {400, 404}
    assert words in told(answer)["error"]
