"""Disputes and inquiries: money withdrawn and reinstated, events in their order, refunds that cannot be any more."""

from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.asking import intent_wanted, session_wanted, transfer_wanted
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import Sandbox


@pytest.fixture
def paid(client: StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(intent_wanted(confirm=True, payment_method="pm_card_visa"))


def _told(receiver: Receiver, dispute_id: str, count: int) -> list[tuple[str, str]]:
    came = receiver.wait_until(dispute_id, lambda came: len(came) >= count)
    return [(one.kind.removeprefix("charge.dispute."), one.event["data"]["object"]["status"]) for one in came]


def _booked(dispute: stripe.Dispute) -> list[tuple[int, int, int, str, str]]:
    return [
        (entry.amount, entry.fee, entry.net, entry.type, entry.reporting_category)
        for entry in dispute.balance_transactions
    ]


def test_a_dispute_takes_the_money_and_a_fee_at_once(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver, paid: stripe.PaymentIntent
) -> None:
    opened = sandbox.dispute(paid.id)
    dispute = client.v1.disputes.retrieve(opened["dispute"], {"expand": ["charge", "payment_intent"]})
    assert (dispute.status, dispute.amount, dispute.currency, dispute.reason, dispute.is_charge_refundable) == (
        "needs_response",
        1999,
        "eur",
        "fraudulent",
        False,
    )
    assert isinstance(dispute.charge, stripe.Charge)
    assert isinstance(dispute.payment_intent, stripe.PaymentIntent)
    assert (dispute.charge.id, dispute.charge.disputed, dispute.payment_intent.id) == (
        paid.latest_charge,
        True,
        paid.id,
    )
    assert dispute.payment_method_details is not None
    assert dispute.payment_method_details.type == "card"
    assert dispute.evidence_details.due_by == dispute.created + 7 * 86400
    assert _booked(dispute) == [(-1999, 1500, -3499, "adjustment", "dispute")]
    assert [detail.description for detail in dispute.balance_transactions[0].fee_details] == ["Dispute fee"]
    assert _told(receiver, dispute.id, 2) == [("created", "needs_response"), ("funds_withdrawn", "needs_response")]
    for delivery in receiver.about(dispute.id):
        told = delivery.event["data"]["object"]
        assert (told["charge"], told["payment_intent"]) == (paid.latest_charge, paid.id)
    assert [found.id for found in client.v1.disputes.list({"payment_intent": paid.id}).data] == [dispute.id]
    assert [found.id for found in client.v1.disputes.list({"charge": str(paid.latest_charge)}).data] == [dispute.id]


def test_a_dispute_that_is_won_brings_the_money_back_without_the_fee(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver, paid: stripe.PaymentIntent
) -> None:
    dispute_id = sandbox.dispute(paid.id)["dispute"]
    sandbox.end_dispute(dispute_id, "under_review")
    assert sandbox.end_dispute(dispute_id, "won")["status"] == "won"
    assert _booked(client.v1.disputes.retrieve(dispute_id)) == [
        (-1999, 1500, -3499, "adjustment", "dispute"),
        (1999, 0, 1999, "adjustment", "dispute_reversal"),
    ]
    assert _told(receiver, dispute_id, 5) == [
        ("created", "needs_response"),
        ("funds_withdrawn", "needs_response"),
        ("updated", "under_review"),
        ("funds_reinstated", "won"),
        ("closed", "won"),
    ]
    assert client.v1.refunds.create({"payment_intent": paid.id}).status == "succeeded"


def test_a_dispute_that_is_lost_ends_there(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver, paid: stripe.PaymentIntent
) -> None:
    dispute_id = sandbox.dispute(paid.id, reason="product_not_received")["dispute"]
    assert sandbox.end_dispute(dispute_id, "lost")["status"] == "lost"
    assert len(_booked(client.v1.disputes.retrieve(dispute_id))) == 1
    assert _told(receiver, dispute_id, 3)[2] == ("closed", "lost")
    for outcome in ("won", "lost", "under_review", "warning_closed", "escalate"):
        with pytest.raises(AssertionError, match="status is lost"):
            sandbox.end_dispute(dispute_id, outcome)


def test_an_inquiry_takes_nothing_and_may_be_closed(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver, paid: stripe.PaymentIntent
) -> None:
    dispute_id = sandbox.dispute(paid.id, inquiry=True)["dispute"]
    dispute = client.v1.disputes.retrieve(dispute_id)
    assert (dispute.status, dispute.is_charge_refundable, _booked(dispute)) == ("warning_needs_response", True, [])
    assert sandbox.end_dispute(dispute_id, "under_review")["status"] == "warning_under_review"
    sandbox.end_dispute(dispute_id, "warning_closed")
    assert _told(receiver, dispute_id, 3) == [
        ("created", "warning_needs_response"),
        ("updated", "warning_under_review"),
        ("closed", "warning_closed"),
    ]
    assert client.v1.refunds.create({"payment_intent": paid.id}).status == "succeeded"


def test_an_inquiry_may_become_a_dispute(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver, paid: stripe.PaymentIntent
) -> None:
    dispute_id = sandbox.dispute(paid.id, inquiry=True)["dispute"]
    assert sandbox.end_dispute(dispute_id, "escalate")["status"] == "needs_response"
    assert _booked(client.v1.disputes.retrieve(dispute_id)) == [(-1999, 1500, -3499, "adjustment", "dispute")]
    assert _told(receiver, dispute_id, 3) == [
        ("created", "warning_needs_response"),
        ("updated", "needs_response"),
        ("funds_withdrawn", "needs_response"),
    ]
    assert sandbox.end_dispute(dispute_id, "lost")["status"] == "lost"


def test_what_is_disputed_is_not_given_back_twice(
    client: StripeClient, sandbox: Sandbox, paid: stripe.PaymentIntent
) -> None:
    first = sandbox.dispute(paid.id, amount=1500)["dispute"]
    with pytest.raises(
        stripe.InvalidRequestError, match=r"\(500\) is greater than unrefunded amount on charge \(499\)"
    ):
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 500})
    sandbox.dispute(paid.id, amount=499)
    with pytest.raises(stripe.InvalidRequestError, match="has been charged back") as refused:
        client.v1.refunds.create({"payment_intent": paid.id})
    assert (refused.value.http_status, refused.value.code) == (400, "charge_disputed")
    assert client.v1.refunds.list({"payment_intent": paid.id}).data == []
    with pytest.raises(AssertionError, match="not yet disputed"):
        sandbox.dispute(paid.id, amount=1)
    sandbox.end_dispute(first, "won")
    assert client.v1.refunds.create({"payment_intent": paid.id}).amount == 1500


def test_a_payment_by_paypal_may_be_disputed_and_a_transfer_not(client: StripeClient, sandbox: Sandbox) -> None:
    session = client.v1.checkout.sessions.create(session_wanted(allowed_payment_method_types=["paypal"]))
    dispute_id = sandbox.dispute(sandbox.pay(session.id, method="paypal")["payment_intent"])["dispute"]
    details = client.v1.disputes.retrieve(dispute_id).payment_method_details
    assert details is not None
    assert details.type == "paypal"
    customer = client.v1.customers.create({"email": "anna@example.com"})
    intent = client.v1.payment_intents.create(transfer_wanted(customer=customer.id))
    sandbox.transfer(intent=intent.id)
    with pytest.raises(AssertionError, match="A bank transfer cannot be disputed"):
        sandbox.dispute(intent.id)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"amount": 0}, "amount must be a number"),
        ({"amount": 2000}, "amount must be a number"),
        ({"reason": "mood"}, "reason must be one of"),
        ({"charge": "ch_1"}, "Say which payment"),
    ],
)
def test_a_dispute_that_cannot_be_is_refused(
    client: StripeClient, sandbox: Sandbox, paid: stripe.PaymentIntent, how: dict[str, Any], words: str
) -> None:
    with pytest.raises(AssertionError, match=words):
        sandbox.dispute(paid.id, **how)
    assert client.v1.disputes.list({"payment_intent": paid.id}).data == []
    with pytest.raises(AssertionError, match="outcome must be one of"):
        sandbox.end_dispute(sandbox.dispute(paid.id)["dispute"], "forgotten")
