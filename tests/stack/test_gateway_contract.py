"""What every gateway promises, tried on the sandbox, and on Stripe's test mode when CONTRACT_STRIPE_KEY holds a test key.

Paying needs a browser at the real Stripe, so what follows a payment is tried on the sandbox alone.
"""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from billing.gateways.facts import FactState, RefundFactState
from billing.gateways.protocol import CheckoutPage, CheckoutRequest, Gateway, Refused
from lib.http import CalledInsideTransaction
from lib.money import Money
from tests.sandbox_process import ASKS, DECLINED, Sandbox


def asked(**changes: object) -> CheckoutRequest:
    fields: dict[str, object] = {
        "payment_id": uuid.uuid4(),
        "order_reference": "R-CONTRACT",
        "title": "Month 15",
        "way": "card",
        "price": Money(1500, "EUR"),
        "email": "anna@example.com",
        "language": "zh-hans",
        "success_url": "https://portal.example/orders/1/",
        "cancel_url": "https://portal.example/orders/1/",
        "expires_at": datetime.now(UTC) + timedelta(minutes=31),
        "idempotency_key": f"contract:{uuid.uuid4()}",
    }
    return CheckoutRequest(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_page_opens_and_the_same_key_gives_the_same_page(gateway: Gateway) -> None:
    request = asked()
    page = gateway.open_page(request)
    assert page.url.startswith(("http://127.0.0.1", "https://checkout.stripe.com"))
    assert abs(page.expires_at - request.expires_at) < timedelta(seconds=2)
    assert gateway.open_page(request) == page
    assert gateway.page_fact(page.session_id).state == FactState.OPEN


def test_the_same_key_with_another_amount_is_refused(gateway: Gateway) -> None:
    request = asked()
    gateway.open_page(request)
    with pytest.raises(Refused):
        gateway.open_page(asked(idempotency_key=request.idempotency_key, price=Money(1600, "EUR")))


def test_a_closed_page_is_expired_and_closing_it_again_says_so(gateway: Gateway) -> None:
    page = gateway.open_page(asked())
    assert gateway.close_page(page.session_id).state == FactState.EXPIRED
    assert gateway.close_page(page.session_id).state == FactState.EXPIRED


def test_what_the_gateway_does_not_know_is_refused(gateway: Gateway) -> None:
    with pytest.raises(Refused):
        gateway.page_fact("cs_test_nothing")
    with pytest.raises(Refused):
        gateway.refund_fact("re_nothing")
    with pytest.raises(Refused):
        gateway.open_page(asked(price=Money(1500, "XXX")))
    with pytest.raises(Refused):
        gateway.open_page(asked(price=Money(1, "EUR")))


@pytest.mark.django_db
def test_no_call_is_made_inside_a_transaction(gateway: Gateway) -> None:
    with transaction.atomic(), transaction.atomic(), pytest.raises(CalledInsideTransaction):
        gateway.open_page(asked())


def test_a_paid_page_tells_sum_intent_and_card(played: Gateway, sandbox: Sandbox) -> None:
    page = paid(played, sandbox)
    fact = played.page_fact(page.session_id)
    assert (fact.state, fact.received) == (FactState.SUCCEEDED, Money(1500, "EUR"))
    assert fact.method_label == "Visa ···4242"
    assert fact.intent_id
    assert fact.intent_id.startswith("pi_")
    assert played.close_page(page.session_id) == fact


def test_a_declined_card_leaves_the_page_open_and_tells_why(played: Gateway, sandbox: Sandbox) -> None:
    page = played.open_page(asked())
    sandbox.pay(page.session_id, DECLINED)
    fact = played.page_fact(page.session_id)
    assert (fact.state, fact.failure_code, fact.received) == (FactState.OPEN, "generic_decline", None)


def test_a_failed_check_by_the_bank_leaves_the_page_open(played: Gateway, sandbox: Sandbox) -> None:
    page = played.open_page(asked())
    sandbox.pay(page.session_id, ASKS, bank="fail")
    assert played.page_fact(page.session_id).state == FactState.OPEN
    sandbox.pay(page.session_id, ASKS, bank="approve")
    assert played.page_fact(page.session_id).state == FactState.SUCCEEDED


def test_money_on_its_way_is_processing_until_it_arrives_or_fails(played: Gateway, sandbox: Sandbox) -> None:
    for outcome, expected in (("succeed", FactState.SUCCEEDED), ("fail", FactState.FAILED)):
        sandbox.fault("payment", "async")
        page = paid(played, sandbox)
        fact = played.page_fact(page.session_id)
        assert fact.state == FactState.PROCESSING
        assert fact.intent_id
        sandbox.settle(fact.intent_id, outcome)
        assert played.page_fact(page.session_id).state == expected


def test_money_goes_back_once_under_one_key_and_is_found_again(played: Gateway, sandbox: Sandbox) -> None:
    fact = played.page_fact(paid(played, sandbox).session_id)
    assert fact.intent_id
    refund_id, key = uuid.uuid4(), f"contract:{uuid.uuid4()}"
    assert played.find_refund(intent_id=fact.intent_id, refund_id=refund_id) is None
    back, again = (
        played.give_back(intent_id=fact.intent_id, amount=Money(500, "EUR"), refund_id=refund_id, idempotency_key=key)
        for _call in range(2)
    )
    assert back == again
    assert back.state == RefundFactState.SUCCEEDED
    assert played.find_refund(intent_id=fact.intent_id, refund_id=refund_id) == back
    assert played.refund_fact(back.gateway_id) == back
    with pytest.raises(Refused):
        played.give_back(
            intent_id=fact.intent_id, amount=Money(1001, "EUR"), refund_id=uuid.uuid4(), idempotency_key=f"{key}2"
        )


def paid(gateway: Gateway, sandbox: Sandbox) -> CheckoutPage:
    page = gateway.open_page(asked())
    sandbox.pay(page.session_id)
    return page
