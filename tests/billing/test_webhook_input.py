"""What may arrive at the webhook's address: only what the gateway signed is kept, and nothing is ever a 500."""

import json
import time
import uuid
from typing import Any

import pytest
import stripe
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.models import EventState, WebhookEvent
from tests.counting import statements

ADDRESS = "/webhooks/stripe/"


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every request may write."""


def event(**changes: Any) -> dict[str, Any]:
    subject = {"id": "cs_test_1", "object": "checkout.session", "metadata": {"payment_id": str(uuid.uuid4())}}
    fields = {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": subject},
    }
    return {**fields, **changes}


def signed(payload: bytes, *, secret: str = "", at: int | None = None) -> str:
    stamp = int(time.time()) if at is None else at
    key = secret or settings.STRIPE_WEBHOOK_SECRET
    mark = stripe.WebhookSignature._compute_signature(f"{stamp}.{payload.decode()}", key)
    return f"t={stamp},v1={mark}"


def send(payload: bytes, signature: str | None) -> int:
    headers = {} if signature is None else {"Stripe-Signature": signature}
    answer = Client(enforce_csrf_checks=True).post(ADDRESS, payload, content_type="application/json", headers=headers)
    return answer.status_code


def test_a_signed_notice_is_kept_in_three_statements_and_nobody_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.RequestsClient, "request_with_retries", lambda *_a, **_k: pytest.fail("a call was made"))
    payload = json.dumps(event()).encode()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert send(payload, signed(payload)) == 200
    kept = WebhookEvent.objects.get()
    assert (kept.event_id, kept.kind, kept.state) == ("evt_1", "checkout.session.completed", EventState.RECEIVED)
    assert len(statements(queries)) <= 3, statements(queries)


def test_the_same_notice_fifty_times_is_one_row_and_fifty_times_200() -> None:
    payload = json.dumps(event()).encode()
    assert {send(payload, signed(payload)) for _time in range(50)} == {200}
    assert WebhookEvent.objects.count() == 1


def test_a_kind_nobody_knows_is_kept_and_answered() -> None:
    payload = json.dumps(event(type="moon.landed", data={"object": {"object": "moon"}})).encode()
    assert send(payload, signed(payload)) == 200
    assert WebhookEvent.objects.get().kind == "moon.landed"


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "t=,v1=",
        "t=abc,v1=def",
        "v1=0000",
        "t=1",
        "nonsense",
        "t=1,v1=" + "0" * 64,
        "tää=1,v1=ÿ",
        "t=99999999999999999999,v1=00",
        "t=-1,v1=00",
        ",,,,=,=",
        "t=1,v1=" + "a" * 20_000,
    ],
)
def test_a_notice_without_a_good_signature_is_refused_and_leaves_no_row(signature: str | None) -> None:
    assert send(json.dumps(event()).encode(), signature) == 400
    assert not WebhookEvent.objects.exists()


def test_a_signature_of_another_secret_or_another_body_is_refused() -> None:
    payload = json.dumps(event()).encode()
    assert send(payload, signed(payload, secret="whsec_other")) == 400
    assert send(payload.replace(b"evt_1", b"evt_2"), signed(payload)) == 400
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("seconds", [-301, 120, 10**9])
def test_a_notice_too_old_or_from_the_future_is_refused(seconds: int) -> None:
    payload = json.dumps(event()).encode()
    assert send(payload, signed(payload, at=int(time.time()) + seconds)) == 400
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"null",
        b"[]",
        b"42",
        b"{",
        b'"text"',
        b"{}",
        b"[" * 5000 + b"]" * 5000,
        json.dumps(event(livemode=True)).encode(),
        json.dumps(event(account="acct_other")).encode(),
        json.dumps(event(object="charge")).encode(),
        json.dumps(event(id=None)).encode(),
        json.dumps(event(id="e" * 121)).encode(),
        json.dumps(event(id="evt\x00")).encode(),
        json.dumps(event(type=7)).encode(),
        json.dumps(event(created="yesterday")).encode(),
        json.dumps(event(created=10**20)).encode(),
        json.dumps(event(data=[])).encode(),
        json.dumps(event(data={"object": None})).encode(),
        json.dumps(event(data={"object": {"id": "x", "metadata": "text"}})).encode(),
    ],
)
def test_signed_nonsense_is_refused_and_leaves_no_row(payload: bytes) -> None:
    assert send(payload, signed(payload)) == 400
    assert not WebhookEvent.objects.exists()


def test_bytes_that_are_no_text_are_refused() -> None:
    stamp = int(time.time())
    assert send(b"\xff\xfe\x00", f"t={stamp},v1=" + "0" * 64) == 400
    assert not WebhookEvent.objects.exists()


def test_a_payment_id_that_is_no_id_is_kept_as_none() -> None:
    subject = {"id": "cs_test_1", "metadata": {"payment_id": "'; DROP TABLE"}}
    payload = json.dumps(event(data={"object": subject})).encode()
    assert send(payload, signed(payload)) == 200
    assert WebhookEvent.objects.get().payment_id is None


def test_ten_megabytes_are_refused_unread() -> None:
    assert send(b"x" * 10_000_000, "t=1,v1=00") == 413
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head"])
def test_only_post_is_answered(method: str) -> None:
    assert getattr(Client(), method)(ADDRESS).status_code == 405
