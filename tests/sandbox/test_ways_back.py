"""Refunds of PayPal payments and bank transfers, of customers' cash, and those made in the gateway's dashboard."""

import time
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.asking import Asking, intent_wanted, session_wanted, told, transfer_wanted
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import Sandbox

IBAN = "DE89 3704 0044 0532 0130 00"


def _customer(client: StripeClient, **more: Any) -> str:
    wanted: Any = {"name": "Anna Alt", "cash_balance": {"settings": {"reconciliation_mode": "manual"}}, **more}
    return client.v1.customers.create(wanted).id


@pytest.fixture
def customer(client: StripeClient) -> str:
    return _customer(client, email="anna@example.com")


@pytest.fixture
def transferred(client: StripeClient, sandbox: Sandbox, customer: str) -> stripe.PaymentIntent:
    """Paid by transfer, with 500 too much."""
    return _transferred(client, sandbox, customer)


def _transferred(client: StripeClient, sandbox: Sandbox, customer: str) -> stripe.PaymentIntent:
    intent = client.v1.payment_intents.create(transfer_wanted(customer=customer))
    sandbox.transfer(intent=intent.id, amount=2499)
    return client.v1.payment_intents.apply_customer_balance(intent.id)


def _paid_by_paypal(client: StripeClient, sandbox: Sandbox) -> str:
    session = client.v1.checkout.sessions.create(session_wanted(allowed_payment_method_types=["paypal"]))
    intent_id: str = sandbox.pay(session.id, method="paypal")["payment_intent"]
    return intent_id


def _refunded(client: StripeClient, intent_id: str) -> int:
    return client.v1.charges.list({"payment_intent": intent_id}).data[0].amount_refunded


def _available(client: StripeClient, customer: str) -> dict[str, int]:
    available = client.v1.customers.cash_balance.retrieve(customer).available
    assert available is not None
    return available.to_dict()


def _last_booked(client: StripeClient, customer: str) -> tuple[str, int]:
    entry = client.v1.customers.cash_balance_transactions.list(customer, {"limit": 1}).data[0]
    return entry.type, entry.net_amount


def test_a_paypal_payment_is_given_back_within_180_days(client: StripeClient, sandbox: Sandbox) -> None:
    intent_id = _paid_by_paypal(client, sandbox)
    sandbox.age(intent_id, days=179)
    refund = client.v1.refunds.create({"payment_intent": intent_id, "amount": 500})
    assert refund.status == "succeeded"
    assert refund.destination_details is not None
    assert refund.destination_details.type == "paypal"
    sandbox.age(intent_id, days=2)
    with pytest.raises(stripe.InvalidRequestError, match="more than 180 days old"):
        client.v1.refunds.create({"payment_intent": intent_id})
    assert _refunded(client, intent_id) == 500


def test_a_card_has_no_such_end(client: StripeClient, sandbox: Sandbox) -> None:
    paid = client.v1.payment_intents.create(intent_wanted(confirm=True, payment_method="pm_card_visa"))
    sandbox.age(paid.id, days=300)
    assert client.v1.refunds.create({"payment_intent": paid.id}).status == "succeeded"


def test_the_payer_of_a_transfer_is_asked_where_the_money_goes(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver, transferred: stripe.PaymentIntent
) -> None:
    refund = client.v1.refunds.create({"payment_intent": transferred.id, "amount": 700, "metadata": {"refund_id": "r"}})
    assert (refund.status, refund.instructions_email) == ("requires_action", "anna@example.com")
    assert refund.next_action is not None
    assert refund.next_action.type == "display_details"
    assert refund.next_action.display_details is not None
    assert refund.next_action.display_details.email_sent.email_sent_to == "anna@example.com"
    assert refund.next_action.display_details.expires_at == refund.created + 45 * 86400
    assert refund.destination_details is not None
    assert refund.destination_details.type == "eu_bank_transfer"
    assert sandbox.refund_details(refund.id)["status"] == "pending"
    waiting = client.v1.refunds.retrieve(refund.id)
    assert (waiting.status, waiting.pending_reason, waiting.next_action) == ("pending", "processing", None)
    sandbox.settle(refund.id, "succeed")
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert _refunded(client, transferred.id) == 700
    came = receiver.wait_until(refund.id, lambda came: len(came) >= 3)
    assert [(one.kind, one.event["data"]["object"]["status"]) for one in came] == [
        ("refund.created", "requires_action"),
        ("refund.updated", "pending"),
        ("refund.updated", "succeeded"),
    ]


def test_without_any_address_a_transfer_is_not_given_back(client: StripeClient, sandbox: Sandbox) -> None:
    intent = _transferred(client, sandbox, _customer(client))
    with pytest.raises(stripe.InvalidRequestError, match="provide instructions_email") as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert (refused.value.http_status, refused.value.param) == (400, "instructions_email")
    assert _refunded(client, intent.id) == 0
    refund = client.v1.refunds.create({"payment_intent": intent.id, "instructions_email": "bao@example.com"})
    assert (refund.status, refund.instructions_email) == ("requires_action", "bao@example.com")


@pytest.mark.parametrize("how", ["control", "sdk"])
def test_after_45_days_the_money_is_the_customers_cash_again(
    client: StripeClient, sandbox: Sandbox, customer: str, transferred: stripe.PaymentIntent, how: str
) -> None:
    refund = client.v1.refunds.create({"payment_intent": transferred.id, "amount": 700})
    assert _available(client, customer) == {"eur": 500}
    if how == "control":
        sandbox.refund_details(refund.id, expire=True)
    else:
        client.v1.test_helpers.refunds.expire(refund.id)
    expired = client.v1.refunds.retrieve(refund.id)
    assert (expired.status, expired.failure_reason, expired.next_action) == ("failed", "unknown", None)
    assert (_available(client, customer), _last_booked(client, customer)) == (
        {"eur": 1200},
        ("refunded_from_payment", 700),
    )
    assert _refunded(client, transferred.id) == 700
    with pytest.raises(AssertionError, match="nothing is asked of its payer"):
        sandbox.refund_details(refund.id)


def test_a_transfer_that_comes_back_weeks_later_is_the_customers_cash(
    client: StripeClient, sandbox: Sandbox, customer: str, transferred: stripe.PaymentIntent
) -> None:
    refund = client.v1.refunds.create({"payment_intent": transferred.id})
    sandbox.refund_details(refund.id, iban=IBAN)
    sandbox.settle(refund.id, "succeed")
    sandbox.settle(refund.id, "fail")
    failed = client.v1.refunds.retrieve(refund.id)
    assert (failed.status, hasattr(failed, "failure_balance_transaction")) == ("failed", False)
    assert _available(client, customer) == {"eur": 2499}
    assert [event.type for event in client.v1.events.list({"limit": 4}).data] == [
        "refund.failed",
        "refund.updated",
        "cash_balance.funds_available",
        "customer_cash_balance_transaction.created",
    ]


def test_a_refund_that_waits_for_its_payer_can_be_cancelled(
    client: StripeClient, customer: str, transferred: stripe.PaymentIntent
) -> None:
    refund = client.v1.refunds.create({"payment_intent": transferred.id, "amount": 700})
    assert client.v1.refunds.cancel(refund.id).status == "canceled"
    assert _available(client, customer) == {"eur": 1200}
    with pytest.raises(stripe.InvalidRequestError, match="status is canceled, so it cannot be canceled"):
        client.v1.refunds.cancel(refund.id)


def test_what_was_too_much_is_sent_back_out_of_the_customers_cash(
    client: StripeClient, sandbox: Sandbox, customer: str, transferred: stripe.PaymentIntent
) -> None:
    wanted: Any = {"origin": "customer_balance", "customer": customer, "amount": 500, "currency": "eur"}
    refund = client.v1.refunds.create(wanted)
    assert (refund.status, refund.charge, refund.payment_intent, refund.customer, refund.balance_transaction) == (
        "requires_action",
        None,
        None,
        customer,
        None,
    )
    assert (_available(client, customer), _last_booked(client, customer)) == ({"eur": 0}, ("return_initiated", -500))
    with pytest.raises(stripe.InvalidRequestError, match=r"\(500\) is greater than the customer's cash balance \(0\)"):
        client.v1.refunds.create(wanted)
    sandbox.refund_details(refund.id)
    sandbox.settle(refund.id, "succeed")
    assert _available(client, customer) == {"eur": 0}
    sandbox.settle(refund.id, "fail")
    assert (_available(client, customer), _last_booked(client, customer)) == ({"eur": 500}, ("return_canceled", 500))
    assert _refunded(client, transferred.id) == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"customer": None}, "Missing required param: customer"),
        ({"amount": None}, "Missing required param: amount"),
        ({"currency": None}, "Missing required param: currency"),
        ({"amount": 0}, "Invalid positive integer"),
        ({"currency": "usd"}, r"cash balance \(0\)"),
        ({"customer": "cus_none"}, "No such customer"),
        ({"payment_intent": "pi_1"}, "does not go with origin=customer_balance"),
        ({"origin": None, "payment_intent": "pi_1"}, "goes with origin=customer_balance"),
    ],
)
def test_cash_that_cannot_be_sent_back_is_refused(
    client: StripeClient, customer: str, transferred: stripe.PaymentIntent, changes: dict[str, Any], words: str
) -> None:
    wanted = {"origin": "customer_balance", "customer": customer, "amount": 500, "currency": "eur", **changes}
    asked: Any = {name: value for name, value in wanted.items() if value is not None}
    with pytest.raises(stripe.InvalidRequestError, match=words):
        client.v1.refunds.create(asked)
    assert _available(client, customer) == {"eur": 500}


def test_a_fault_asks_the_payer_of_a_card_too(client: StripeClient, sandbox: Sandbox) -> None:
    paid = client.v1.payment_intents.create(
        intent_wanted(confirm=True, payment_method="pm_card_visa", receipt_email="anna@example.com")
    )
    sandbox.fault("refund", "needs_payer", match=paid.id)
    refund = client.v1.refunds.create({"payment_intent": paid.id})
    assert (refund.status, refund.instructions_email) == ("requires_action", "anna@example.com")
    sandbox.refund_details(refund.id, expire=True)
    assert client.v1.refunds.retrieve(refund.id).status == "failed"
    assert _refunded(client, paid.id) == 0


def test_a_fault_makes_the_bank_account_of_a_transfer_known(
    client: StripeClient, sandbox: Sandbox, transferred: stripe.PaymentIntent
) -> None:
    sandbox.fault("refund", "pending", match=transferred.id)
    assert client.v1.refunds.create({"payment_intent": transferred.id, "amount": 100}).status == "pending"
    sandbox.fault("refund", "fail", match=transferred.id)
    assert client.v1.refunds.create({"payment_intent": transferred.id, "amount": 100}).status == "failed"


def test_a_refused_refund_says_why_once(client: StripeClient, sandbox: Sandbox) -> None:
    paid = client.v1.payment_intents.create(intent_wanted(confirm=True, payment_method="pm_card_visa"))
    sandbox.fault("refund", "refuse", match=paid.id)
    with pytest.raises(stripe.InvalidRequestError, match="refund is refused") as refused:
        client.v1.refunds.create({"payment_intent": paid.id})
    assert (refused.value.http_status, refused.value.code) == (400, "balance_insufficient")
    assert client.v1.refunds.list({"payment_intent": paid.id}).data == []
    assert client.v1.refunds.create({"payment_intent": paid.id}).status == "succeeded"


def test_a_refund_made_in_the_dashboard_bears_no_mark_of_ours(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    paid = client.v1.payment_intents.create(
        intent_wanted(confirm=True, payment_method="pm_card_visa", metadata={"payment_id": "p1"})
    )
    made = sandbox.dashboard_refund(paid.id, 700)
    assert (made["status"], made["amount"], made["charge"]) == ("succeeded", 700, paid.latest_charge)
    refund = client.v1.refunds.retrieve(made["refund"])
    assert refund.metadata is not None
    assert (refund.metadata.to_dict(), refund.payment_intent) == ({}, paid.id)
    came = receiver.wait_until(paid.id, lambda came: len(came) >= 6)
    assert [one.kind for one in came][3:] == ["refund.created", "charge.refunded", "refund.updated"]
    assert sandbox.dashboard_refund(paid.id)["amount"] == 1299
    with pytest.raises(AssertionError, match="already been refunded"):
        sandbox.dashboard_refund(paid.id)
    with pytest.raises(AssertionError, match="No such payment_intent"):
        sandbox.dashboard_refund("pi_none")


def _asked(api: Asking) -> dict[str, Any]:
    wanted = {"email": "anna@example.com", "cash_balance[settings][reconciliation_mode]": "manual"}
    intent = api.transfer_intent(customer=api.made("/v1/customers", wanted)["id"])
    api.http.post("/control/transfer", json={"intent": intent["id"]})
    api.made(f"/v1/payment_intents/{intent['id']}/apply_customer_balance")
    return api.made("/v1/refunds", {"payment_intent": intent["id"]})


def test_the_payer_types_an_iban_and_the_money_is_on_its_way(api: Asking) -> None:
    refund = _asked(api)
    address = f"/refunds/{refund['id']}"
    listed = api.http.get("/refunds").text
    assert f'href="{address}"' in listed
    page = api.http.get(address)
    assert (page.status_code, "€19.99" in page.text, "anna@example.com" in page.text) == (200, True, True)
    answer = api.http.post(address, data={"iban": IBAN})
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert told(api.get(f"/v1/refunds/{refund['id']}"))["status"] == "pending"
    assert "on its way" in api.http.get(address).text
    assert api.http.post(address, data={"iban": IBAN}).status_code == 303
    assert api.events().count("refund.updated") == 1


@pytest.mark.parametrize("iban", ["", "DE89", "DE88370400440532013000", "<script>", "4" * 5000])
def test_what_is_no_iban_is_said_so_and_sends_nothing(api: Asking, iban: str) -> None:
    refund = _asked(api)
    page = api.http.post(f"/refunds/{refund['id']}", data={"iban": iban})
    assert page.status_code == 422
    assert "This is no IBAN" in page.text
    assert "<script" not in page.text
    assert told(api.get(f"/v1/refunds/{refund['id']}"))["status"] == "requires_action"


def test_an_unknown_refund_has_no_page(api: Asking) -> None:
    assert api.http.get("/refunds/re_none").status_code == 404
    assert "Nothing was refunded yet" in api.http.get("/refunds").text


def test_a_refund_arrives_by_itself_when_its_time_has_come(client: StripeClient, sandbox: Sandbox) -> None:
    intent = _transferred(client, sandbox, _customer(client, email="anna@example.com"))
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    sandbox.refund_details(refund.id, after_seconds=1)
    until = time.monotonic() + 10
    while client.v1.refunds.retrieve(refund.id).status == "pending" and time.monotonic() < until:
        time.sleep(0.05)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
