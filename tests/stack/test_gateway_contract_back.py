"""What every gateway promises about transfers, refunds, disputes and abilities; the sandbox plays all of it.

At Stripe's test mode only what needs no payer and no bank is tried: abilities, an account for transfers, a transfer awaited and ended.
"""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from billing.gateways.disputes import DisputeFactState
from billing.gateways.facts import FactState, RefundFactState
from billing.gateways.protocol import CheckoutRequest, Gateway, Refused
from billing.gateways.transfers import TransferRequest
from lib.money import Money
from tests.sandbox_process import Sandbox

PRICE = Money(1500, "EUR")


def account(gateway: Gateway) -> str:
    key = str(uuid.uuid4())
    return gateway.open_account(email="anna@example.com", account_id=uuid.uuid4(), idempotency_key=key)


def wish(customer_id: str, **changes: object) -> TransferRequest:
    fields: dict[str, object] = {
        "payment_id": uuid.uuid4(),
        "order_reference": "R-CONTRACT",
        "price": PRICE,
        "customer_id": customer_id,
        "country": "DE",
        "idempotency_key": f"contract:{uuid.uuid4()}",
    }
    return TransferRequest(**{**fields, **changes})  # type: ignore[arg-type]


def paid_by_card(gateway: Gateway, sandbox: Sandbox) -> str:
    page = gateway.open_page(
        CheckoutRequest(
            payment_id=uuid.uuid4(),
            order_reference="R-CONTRACT",
            title="Month 15",
            way="card",
            price=PRICE,
            email="anna@example.com",
            language="en",
            success_url="https://portal.example/orders/1/",
            cancel_url="https://portal.example/orders/1/",
            expires_at=datetime.now(UTC) + timedelta(minutes=31),
            idempotency_key=f"contract:{uuid.uuid4()}",
        )
    )
    sandbox.pay(page.session_id)
    intent_id = gateway.page_fact(page.session_id).intent_id
    assert intent_id
    return intent_id


def test_an_account_says_what_it_can_take(gateway: Gateway) -> None:
    assert "card" in gateway.abilities()


def test_what_is_switched_off_is_no_ability(played: Gateway, sandbox: Sandbox) -> None:
    before = played.abilities()
    sandbox.capabilities(paypal_payments="inactive", sepa_bank_transfer_payments="pending")
    try:
        assert before - played.abilities() == {"paypal", "transfer:EUR"}
    finally:
        sandbox.capabilities(paypal_payments="active", sepa_bank_transfer_payments="active")


def test_a_transfer_is_awaited_at_one_place_and_ended(gateway: Gateway) -> None:
    request = wish(account(gateway))
    place = gateway.open_transfer(request)
    assert gateway.open_transfer(request) == place
    assert {"iban", "holder", "reference"} <= place.instructions.keys()
    assert gateway.transfer_fact(place.intent_id).state == FactState.OPEN
    assert gateway.close_transfer(place.intent_id).state == FactState.CANCELLED
    assert gateway.close_transfer(place.intent_id).state == FactState.CANCELLED


def test_a_transfer_that_was_never_answered_is_found_by_its_payment(gateway: Gateway) -> None:
    began, customer = datetime.now(UTC) - timedelta(minutes=1), account(gateway)
    request = wish(customer)
    assert gateway.find_transfer(request.payment_id, customer_id=customer, since=began) is None
    place = gateway.open_transfer(request)
    assert gateway.find_transfer(request.payment_id, customer_id=customer, since=began) == place
    assert gateway.find_transfer(uuid.uuid4(), customer_id=customer, since=began) is None
    gateway.close_transfer(place.intent_id)
    ended = gateway.find_transfer(request.payment_id, customer_id=customer, since=began)
    assert ended
    assert (ended.intent_id, ended.instructions) == (place.intent_id, {})


def test_a_transfer_in_a_currency_without_bank_transfers_is_refused(gateway: Gateway) -> None:
    with pytest.raises(Refused):
        gateway.open_transfer(wish(account(gateway), price=Money(1500, "CHF")))


def test_money_that_came_is_used_only_when_we_say_for_what(played: Gateway, sandbox: Sandbox) -> None:
    customer = account(played)
    place = played.open_transfer(wish(customer))
    sandbox.transfer(intent=place.intent_id, amount=2000)
    assert played.unused(customer) == {"EUR": 2000}
    assert played.transfer_fact(place.intent_id).state == FactState.OPEN
    key = str(uuid.uuid4())
    fact = played.use_for(place.intent_id, PRICE, idempotency_key=key)
    assert played.use_for(place.intent_id, PRICE, idempotency_key=key) == fact
    assert (fact.state, fact.received, played.unused(customer)) == (FactState.SUCCEEDED, PRICE, {"EUR": 500})
    moves = [(move.kind, move.amount.minor, move.intent_id) for move in played.movements(customer)]
    assert moves == [("applied_to_payment", -1500, place.intent_id), ("funded", 2000, None)]


def test_more_than_came_cannot_be_used(played: Gateway, sandbox: Sandbox) -> None:
    place = played.open_transfer(wish(account(played)))
    sandbox.transfer(intent=place.intent_id, amount=1000)
    with pytest.raises(Refused, match="balance_insufficient"):
        played.use_for(place.intent_id, PRICE, idempotency_key=str(uuid.uuid4()))


def test_unused_money_goes_back_once_and_can_be_found(played: Gateway, sandbox: Sandbox) -> None:
    customer, began = account(played), datetime.now(UTC) - timedelta(minutes=1)
    place = played.open_transfer(wish(customer))
    sandbox.transfer(intent=place.intent_id, amount=1000)
    return_id, key = uuid.uuid4(), str(uuid.uuid4())
    assert played.find_return(return_id, since=began) is None
    back = played.send_back(customer, Money(1000, "EUR"), return_id=return_id, idempotency_key=key)
    assert played.send_back(customer, Money(1000, "EUR"), return_id=return_id, idempotency_key=key) == back
    found = played.find_return(return_id, since=began)
    assert found
    assert (found.gateway_id, played.unused(customer)) == (back.gateway_id, {})


def test_a_refund_made_in_the_dashboard_is_among_those_of_the_payment(played: Gateway, sandbox: Sandbox) -> None:
    intent_id = paid_by_card(played, sandbox)
    made = sandbox.dashboard_refund(intent_id, 400)
    (fact,) = played.refunds_of(intent_id)
    assert (fact.refund_id, fact.amount, fact.intent_id) == (None, Money(400, "EUR"), intent_id)
    assert fact.state == RefundFactState.SUCCEEDED
    assert fact.gateway_id == made["refund"]


@pytest.mark.parametrize(("end", "state"), [("won", DisputeFactState.WON), ("lost", DisputeFactState.LOST)])
def test_a_dispute_is_told_from_beginning_to_end(
    played: Gateway, sandbox: Sandbox, end: str, state: DisputeFactState
) -> None:
    intent_id = paid_by_card(played, sandbox)
    case = sandbox.dispute(intent_id, reason="fraudulent")["dispute"]
    fact = played.dispute_fact(case)
    assert (fact.state, fact.amount, fact.intent_id) == (DisputeFactState.OPEN, PRICE, intent_id)
    assert (fact.is_withdrawn, fact.reason) == (True, "fraudulent")
    sandbox.end_dispute(case, "under_review")
    assert played.dispute_fact(case).state == DisputeFactState.UNDER_REVIEW
    sandbox.end_dispute(case, end)
    assert played.dispute_fact(case).state == state


def test_an_inquiry_withdraws_nothing(played: Gateway, sandbox: Sandbox) -> None:
    case = sandbox.dispute(paid_by_card(played, sandbox), inquiry=True)["dispute"]
    fact = played.dispute_fact(case)
    assert (fact.state, fact.is_withdrawn) == (DisputeFactState.INQUIRY, False)
