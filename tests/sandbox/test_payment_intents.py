"""PaymentIntents through the SDK as it comes: made, confirmed, changed, cancelled, listed."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.asking import intent_wanted, session_wanted
from tests.sandbox_process import DECLINED, Sandbox


def _made(client: StripeClient, **changes: Any) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(intent_wanted(**changes))


def test_a_new_intent_waits_for_a_card(client: StripeClient) -> None:
    intent = _made(client, description="Credit", metadata={"payment_id": "p1"}, receipt_email="anna@example.com")
    assert (intent.status, intent.amount, intent.currency, intent.amount_received) == (
        "requires_payment_method",
        1999,
        "eur",
        0,
    )
    assert (intent.description, intent.receipt_email, intent.latest_charge) == ("Credit", "anna@example.com", None)
    assert client.v1.payment_intents.retrieve(intent.id).to_dict() == intent.to_dict()


def test_an_intent_confirmed_with_a_good_card_has_its_money(client: StripeClient) -> None:
    intent = _made(client)
    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (paid.status, paid.amount_received) == ("succeeded", 1999)
    charges = client.v1.charges.list({"payment_intent": intent.id}).data
    assert [(charge.id, charge.amount, charge.status) for charge in charges] == [
        (paid.latest_charge, 1999, "succeeded")
    ]


def test_an_intent_can_be_made_and_confirmed_at_once(client: StripeClient) -> None:
    paid = _made(client, confirm=True, payment_method="pm_card_mastercard", expand=["latest_charge"])
    assert paid.status == "succeeded"
    charge = paid.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert (charge.payment_method_details.card.brand, charge.payment_method_details.card.last4) == (
        "mastercard",
        "4444",
    )


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_declined_card_is_a_card_error_and_leaves_the_intent_payable(
    client: StripeClient, method: str, code: str, decline_code: str
) -> None:
    intent = _made(client)
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": method})
    assert (declined.value.http_status, declined.value.code) == (402, code)
    assert declined.value.error is not None
    assert declined.value.error.decline_code == decline_code
    kept = client.v1.payment_intents.retrieve(intent.id)
    assert kept.last_payment_error is not None
    assert (kept.status, kept.amount_received, kept.last_payment_error.decline_code) == (
        "requires_payment_method",
        0,
        decline_code,
    )
    assert client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


def test_a_card_that_asks_needs_the_payer_and_is_declined_without_one(client: StripeClient) -> None:
    method = "pm_card_authenticationRequiredOnSetup"
    intent = _made(client)
    asked = client.v1.payment_intents.confirm(intent.id, {"payment_method": method})
    assert asked.status == "requires_action"
    assert asked.next_action is not None
    assert asked.next_action.type == "redirect_to_url"
    with pytest.raises(stripe.CardError, match="requires authentication") as declined:
        _made(client, confirm=True, off_session=True, payment_method=method)
    assert declined.value.code == "authentication_required"


def test_a_paid_intent_is_confirmed_changed_and_cancelled_no_more(client: StripeClient) -> None:
    intent = _made(client, confirm=True, payment_method="pm_card_visa")
    attempts: list[Callable[[], object]] = [
        lambda: client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}),
        lambda: client.v1.payment_intents.update(intent.id, {"amount": 1}),
        lambda: client.v1.payment_intents.cancel(intent.id),
    ]
    for attempt in attempts:
        with pytest.raises(stripe.InvalidRequestError, match="status is succeeded") as refused:
            attempt()
        assert refused.value.code == "payment_intent_unexpected_state"
    assert client.v1.payment_intents.retrieve(intent.id).to_dict() == intent.to_dict()


def test_words_about_an_intent_change_at_any_time_and_its_amount_while_unpaid(client: StripeClient) -> None:
    intent = _made(client, metadata={"a": "1", "b": "2"})
    changed = client.v1.payment_intents.update(
        intent.id, {"amount": 2500, "description": "More", "metadata": {"a": "", "c": "3"}}
    )
    assert (changed.amount, changed.description, changed.metadata.to_dict()) == (2500, "More", {"b": "2", "c": "3"})
    client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    changed = client.v1.payment_intents.update(intent.id, {"metadata": "", "description": "Less"})
    assert (changed.amount_received, changed.description, changed.metadata.to_dict()) == (2500, "Less", {})


def test_a_cancelled_intent_says_why_and_takes_no_card(client: StripeClient) -> None:
    intent = _made(client)
    cancelled = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (cancelled.status, cancelled.cancellation_reason) == ("canceled", "abandoned")
    assert cancelled.canceled_at is not None
    with pytest.raises(stripe.InvalidRequestError, match="status is canceled"):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})


def test_the_intent_of_a_session_is_driven_by_its_session_alone(client: StripeClient, sandbox: Sandbox) -> None:
    session = client.v1.checkout.sessions.create(session_wanted())
    intent_id = sandbox.pay(session.id, DECLINED)["payment_intent"]
    with pytest.raises(stripe.InvalidRequestError, match="Expire the Checkout Session instead"):
        client.v1.payment_intents.cancel(intent_id)
    with pytest.raises(stripe.InvalidRequestError, match="belongs to a Checkout Session"):
        client.v1.payment_intents.confirm(intent_id, {"payment_method": "pm_card_visa"})
    assert client.v1.payment_intents.retrieve(intent_id).status == "requires_payment_method"


def test_intents_of_a_customer_are_listed_newest_first_with_their_customer(client: StripeClient) -> None:
    customer = client.v1.customers.create({"email": "bao@example.com"})
    made = [_made(client, customer=customer.id).id for _ in range(3)]
    listed = client.v1.payment_intents.list({"customer": customer.id, "expand": ["data.customer"]})
    assert [intent.id for intent in listed.data] == made[::-1]
    for intent in listed.data:
        assert isinstance(intent.customer, stripe.Customer)
        assert intent.customer.email == "bao@example.com"


@pytest.mark.parametrize(
    ("changes", "words", "param"),
    [
        ({"payment_method": "pm_none", "confirm": True}, "No such PaymentMethod: 'pm_none'", "payment_method"),
        ({"confirm": True}, "missing a payment method", "payment_method"),
        ({"customer": "cus_none"}, "No such customer: 'cus_none'", "customer"),
        ({"amount": 49}, "must be at least 50", "amount"),
        ({"amount": 100_000_000}, "must be no more than 99999999", "amount"),
        ({"currency": "EUR"}, "Invalid currency: EUR", "currency"),
        ({"payment_method": "pm_card_visa"}, "does not play this payment_method without confirm", "payment_method"),
        ({"transfer_data": {"destination": "acct_1"}}, "does not play this transfer_data", "transfer_data"),
    ],
)
def test_an_intent_that_cannot_be_made_is_refused_and_leaves_nothing(
    client: StripeClient, changes: dict[str, Any], words: str, param: str
) -> None:
    before = client.v1.payment_intents.list({"limit": 1}).data
    with pytest.raises(stripe.InvalidRequestError, match=words) as refused:
        _made(client, **changes)
    assert (refused.value.http_status, refused.value.param) == (400, param)
    assert [intent.id for intent in client.v1.payment_intents.list({"limit": 1}).data] == [
        intent.id for intent in before
    ]


def test_an_unknown_intent_is_a_404(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent: 'pi_none'") as refused:
        client.v1.payment_intents.retrieve("pi_none")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
