"""Refunds through the SDK as it comes: whole, in part, too much, late, failed."""

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.asking import intent_wanted
from tests.sandbox_process import Sandbox


@pytest.fixture
def paid(client: StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(intent_wanted(confirm=True, payment_method="pm_card_visa"))


def _charge(client: StripeClient, paid: stripe.PaymentIntent) -> stripe.Charge:
    return client.v1.charges.retrieve(str(paid.latest_charge), {"expand": ["refunds"]})


def test_a_refund_without_an_amount_gives_everything_back(client: StripeClient, paid: stripe.PaymentIntent) -> None:
    refund = client.v1.refunds.create(
        {"payment_intent": paid.id, "reason": "requested_by_customer", "metadata": {"refund_id": "r1"}}
    )
    assert (refund.status, refund.amount, refund.currency, refund.charge, refund.payment_intent) == (
        "succeeded",
        1999,
        "eur",
        paid.latest_charge,
        paid.id,
    )
    assert (refund.reason, refund.metadata and refund.metadata.to_dict()) == (
        "requested_by_customer",
        {"refund_id": "r1"},
    )
    charge = _charge(client, paid)
    assert (charge.amount_refunded, charge.refunded) == (1999, True)
    assert charge.refunds is not None
    assert [one.id for one in charge.refunds.data] == [refund.id]
    assert client.v1.refunds.retrieve(refund.id).to_dict() == refund.to_dict()
    with pytest.raises(stripe.InvalidRequestError, match="has already been refunded") as refused:
        client.v1.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_already_refunded"


def test_partial_refunds_never_add_up_to_more_than_was_paid(client: StripeClient, paid: stripe.PaymentIntent) -> None:
    first = client.v1.refunds.create({"payment_intent": paid.id, "amount": 500})
    with pytest.raises(stripe.InvalidRequestError, match=r"\(1500\) is greater than .* \(1499\)"):
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 1500})
    with pytest.raises(stripe.InvalidRequestError, match="Invalid positive integer"):
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 0})
    charge = _charge(client, paid)
    assert (charge.amount_refunded, charge.refunded) == (500, False)
    second = client.v1.refunds.create({"charge": charge.id, "amount": 1499})
    charge = _charge(client, paid)
    assert (charge.amount_refunded, charge.refunded) == (1999, True)
    listed = client.v1.refunds.list({"payment_intent": paid.id})
    assert [(refund.id, refund.amount) for refund in listed.data] == [(second.id, 1499), (first.id, 500)]


def test_a_pending_refund_is_decided_later(client: StripeClient, sandbox: Sandbox, paid: stripe.PaymentIntent) -> None:
    sandbox.fault("refund", "pending", match=paid.id)
    refund = client.v1.refunds.create({"payment_intent": paid.id})
    assert refund.status == "pending"
    assert sandbox.settle(refund.id, "succeed")["status"] == "succeeded"
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert _charge(client, paid).amount_refunded == 1999


def test_a_refund_that_fails_leaves_the_money_with_us_again(
    client: StripeClient, sandbox: Sandbox, paid: stripe.PaymentIntent
) -> None:
    sandbox.fault("refund", "fail", match=paid.id)
    refund = client.v1.refunds.create({"payment_intent": paid.id})
    assert (refund.status, refund.failure_reason) == ("failed", "expired_or_canceled_card")
    charge = _charge(client, paid)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert client.v1.refunds.create({"payment_intent": paid.id}).status == "succeeded"


def test_a_refund_can_come_back_weeks_after_it_succeeded(
    client: StripeClient, sandbox: Sandbox, paid: stripe.PaymentIntent
) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid.id, "amount": 700})
    assert sandbox.settle(refund.id, "fail")["status"] == "failed"
    assert _charge(client, paid).amount_refunded == 0
    with pytest.raises(AssertionError, match="status is failed"):
        sandbox.settle(refund.id, "succeed")


def test_words_about_a_refund_can_be_changed(client: StripeClient, paid: stripe.PaymentIntent) -> None:
    refund = client.v1.refunds.create({"payment_intent": paid.id, "amount": 100, "metadata": {"a": "1"}})
    changed = client.v1.refunds.update(refund.id, {"metadata": {"b": "2"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"a": "1", "b": "2"}
    assert changed.amount == 100


def test_an_unpaid_intent_has_nothing_to_give_back(client: StripeClient) -> None:
    intent = client.v1.payment_intents.create(intent_wanted())
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge to refund"):
        client.v1.refunds.create({"payment_intent": intent.id})
    assert client.v1.refunds.list({"payment_intent": intent.id}).data == []


def test_a_refund_needs_to_know_of_what(client: StripeClient, paid: stripe.PaymentIntent) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent or charge"):
        client.v1.refunds.create({})
    with pytest.raises(stripe.InvalidRequestError, match="No such payment_intent: 'pi_none'") as refused:
        client.v1.refunds.create({"payment_intent": "pi_none"})
    assert (refused.value.http_status, refused.value.param) == (400, "payment_intent")
    with pytest.raises(
        stripe.InvalidRequestError, match="must be one of duplicate, fraudulent or requested_by_customer"
    ):
        client.v1.refunds.create({"payment_intent": paid.id, "reason": "mood"})


def test_the_balance_is_what_was_charged_less_fees_and_what_was_given_back(client: StripeClient) -> None:
    def available() -> int:
        found = [part.amount for part in client.v1.balance.retrieve().available if part.currency == "sek"]
        return found[0] if found else 0

    before = available()
    paid = client.v1.payment_intents.create(
        {"amount": 2000, "currency": "sek", "confirm": True, "payment_method": "pm_card_visa"}
    )
    assert available() == before + 2000 - 55
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 700})
    assert available() == before + 1300 - 55
