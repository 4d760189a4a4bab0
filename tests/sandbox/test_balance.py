"""Balance transactions, payouts and the balance: every movement is booked, and they all agree."""

import time
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.conftest import free_port
from tests.sandbox.asking import Asking, intent_wanted, sdk, session_wanted, told, transfer_wanted
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import Sandbox


@pytest.fixture(autouse=True)
def _nothing_left(sandbox: Sandbox, client: StripeClient) -> None:
    """Every test begins with nothing to pay out in euros."""
    if _available(client) > 0:
        sandbox.payout()
    elif (lacking := -_available(client)) > 0:
        sandbox.book(lacking)
        assert _available(client) == 0


def _available(client: StripeClient, currency: str = "eur") -> int:
    return next((part.amount for part in client.v1.balance.retrieve().available if part.currency == currency), 0)


def _paid(client: StripeClient, **changes: Any) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(intent_wanted(confirm=True, payment_method="pm_card_visa", **changes))


def _booked(client: StripeClient, **asked: Any) -> list[tuple[str, str, int, int, int]]:
    wanted: Any = {"limit": 100, **asked}
    found = client.v1.balance_transactions.list(wanted).data
    return [(entry.type, entry.reporting_category, entry.amount, entry.fee, entry.net) for entry in reversed(found)]


def test_a_charge_says_what_came_of_it_less_the_fee(client: StripeClient) -> None:
    before = int(time.time())
    paid = _paid(client, description="Order 1")
    expanded = client.v1.payment_intents.retrieve(paid.id, {"expand": ["latest_charge.balance_transaction"]})
    assert isinstance(expanded.latest_charge, stripe.Charge)
    entry = expanded.latest_charge.balance_transaction
    assert isinstance(entry, stripe.BalanceTransaction)
    assert (entry.amount, entry.fee, entry.net, entry.currency) == (1999, 55, 1944, "eur")
    assert [(detail.amount, detail.currency, detail.type) for detail in entry.fee_details] == [
        (55, "eur", "stripe_fee")
    ]
    assert (entry.type, entry.reporting_category, entry.status, entry.description) == (
        "charge",
        "charge",
        "available",
        "Order 1",
    )
    assert (entry.source, entry.available_on) == (paid.latest_charge, entry.created)
    assert before <= entry.created <= time.time()
    found = client.v1.balance_transactions.retrieve(entry.id, {"expand": ["source"]})
    assert isinstance(found.source, stripe.Charge)
    assert found.source.payment_intent == paid.id
    charge = client.v1.charges.retrieve(str(paid.latest_charge), {"expand": ["balance_transaction"]})
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)


def test_what_is_no_card_is_called_a_payment(client: StripeClient, sandbox: Sandbox) -> None:
    session = client.v1.checkout.sessions.create(session_wanted(allowed_payment_method_types=["paypal"]))
    by_paypal = client.v1.payment_intents.retrieve(sandbox.pay(session.id, method="paypal")["payment_intent"])
    customer = client.v1.customers.create({"email": "anna@example.com"})
    by_transfer = client.v1.payment_intents.create(transfer_wanted(customer=customer.id))
    sandbox.transfer(intent=by_transfer.id)
    by_transfer = client.v1.payment_intents.retrieve(by_transfer.id)
    for intent in (by_paypal, by_transfer):
        assert _booked(client, source=intent.latest_charge) == [("payment", "charge", 1999, 55, 1944)]
    refund = client.v1.refunds.create({"payment_intent": by_paypal.id})
    assert _booked(client, source=refund.id) == [("payment_refund", "refund", -1999, 0, -1999)]


def test_every_movement_is_booked_and_the_balance_agrees(client: StripeClient, sandbox: Sandbox) -> None:
    started_after = client.v1.balance_transactions.list({"limit": 1}).data
    paid = _paid(client)
    refund = client.v1.refunds.create({"payment_intent": paid.id, "amount": 500})
    sandbox.settle(refund.id, "fail")
    dispute = sandbox.dispute(paid.id, amount=1000)["dispute"]
    sandbox.end_dispute(dispute, "won")
    sandbox.book(-77, description="Something else")
    since = {"ending_before": started_after[0].id} if started_after else {}
    assert _booked(client, **since) == [
        ("charge", "charge", 1999, 55, 1944),
        ("refund", "refund", -500, 0, -500),
        ("refund_failure", "refund_failure", 500, 0, 500),
        ("adjustment", "dispute", -1000, 1500, -2500),
        ("adjustment", "dispute_reversal", 1000, 0, 1000),
        ("adjustment", "other_adjustment", -77, 0, -77),
    ]
    assert _available(client) == 1944 - 1500 - 77
    failed = client.v1.refunds.retrieve(refund.id, {"expand": ["balance_transaction", "failure_balance_transaction"]})
    assert isinstance(failed.balance_transaction, stripe.BalanceTransaction)
    assert isinstance(failed.failure_balance_transaction, stripe.BalanceTransaction)
    assert (failed.balance_transaction.net, failed.failure_balance_transaction.net) == (-500, 500)


def test_a_payout_takes_all_there_is_and_says_what(client: StripeClient, sandbox: Sandbox, receiver: Receiver) -> None:
    paid = [_paid(client), _paid(client)]
    client.v1.refunds.create({"payment_intent": paid[0].id, "amount": 500})
    made = sandbox.payout()
    assert (made["status"], made["amount"], made["currency"]) == ("paid", 3388, "eur")
    payout = client.v1.payouts.retrieve(made["payout"], {"expand": ["balance_transaction"]})
    assert (payout.amount, payout.status, payout.automatic, payout.arrival_date) == (
        3388,
        "paid",
        True,
        payout.created,
    )
    assert isinstance(payout.balance_transaction, stripe.BalanceTransaction)
    assert payout.balance_transaction.net == -3388
    assert _booked(client, payout=payout.id) == [
        ("charge", "charge", 1999, 55, 1944),
        ("charge", "charge", 1999, 55, 1944),
        ("refund", "refund", -500, 0, -500),
        ("payout", "payout", -3388, 0, -3388),
    ]
    assert _available(client) == 0
    came = receiver.wait_until(payout.id, lambda came: len(came) >= 2)
    assert [(one.kind, one.event["data"]["object"]["status"]) for one in came] == [
        ("payout.created", "in_transit"),
        ("payout.paid", "paid"),
    ]
    assert client.v1.payouts.list({"status": "paid", "limit": 1}).data[0].id == payout.id
    with pytest.raises(AssertionError, match="nothing to pay out"):
        sandbox.payout()


def test_a_payout_that_fails_is_available_again(client: StripeClient, sandbox: Sandbox, receiver: Receiver) -> None:
    _paid(client)
    first = sandbox.payout()["payout"]
    assert sandbox.fail_payout(first)["status"] == "failed"
    failed = client.v1.payouts.retrieve(first, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    assert isinstance(failed.failure_balance_transaction, stripe.BalanceTransaction)
    assert (failed.failure_balance_transaction.type, failed.failure_balance_transaction.net) == ("payout_failure", 1944)
    assert _available(client) == 1944
    came = receiver.wait_until(first, lambda came: len(came) >= 3)
    assert [one.kind for one in came] == ["payout.created", "payout.paid", "payout.failed"]
    with pytest.raises(AssertionError, match="status is failed"):
        sandbox.fail_payout(first)
    second = sandbox.payout()
    assert second["amount"] == 1944
    assert _booked(client, payout=second["payout"]) == [
        ("payout_failure", "payout_reversal", 1944, 0, 1944),
        ("payout", "payout", -1944, 0, -1944),
    ]


def test_transactions_are_chosen_by_type_source_currency_and_second(client: StripeClient, sandbox: Sandbox) -> None:
    paid = _paid(client, currency="gbp")
    assert [row[0] for row in _booked(client, currency="gbp", type="charge", source=paid.latest_charge)] == ["charge"]
    assert _booked(client, currency="eur", source=paid.latest_charge) == []
    assert _booked(client, type="payout", source=paid.latest_charge) == []
    later = {"gt": int(time.time()) + 60}
    assert _booked(client, created=later) == []
    with pytest.raises(stripe.InvalidRequestError, match="No such payout: 'po_none'"):
        _booked(client, payout="po_none")
    with pytest.raises(stripe.InvalidRequestError, match="No such balance_transaction"):
        client.v1.balance_transactions.retrieve("txn_none")


def test_pages_of_transactions_walk_in_both_directions(client: StripeClient, sandbox: Sandbox) -> None:
    made = [sandbox.book(number, "nok")["id"] for number in range(1, 6)]
    listed = client.v1.balance_transactions.list({"currency": "nok", "limit": 2})
    assert (listed.has_more, [entry.id for entry in listed.data]) == (True, [made[4], made[3]])
    assert [entry.id for entry in listed.auto_paging_iter()][:5] == made[::-1]
    back = client.v1.balance_transactions.list({"currency": "nok", "limit": 2, "ending_before": made[0]})
    assert [entry.id for entry in back.data] == [made[2], made[1]]


def test_a_movement_nobody_knows_has_no_source(client: StripeClient, sandbox: Sandbox) -> None:
    booked = sandbox.book(-250, type="stripe_fee", description="Card network costs")
    entry = client.v1.balance_transactions.retrieve(booked["id"])
    assert (entry.amount, entry.net, entry.type, entry.reporting_category, entry.source, entry.description) == (
        -250,
        -250,
        "stripe_fee",
        "fee",
        None,
        "Card network costs",
    )


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/control/payout", {"currency": "EURO"}, "currency must be"),
        ("/control/payout", {"currency": "eur"}, "nothing to pay out"),
        ("/control/payouts/po_none", {"outcome": "win"}, "outcome must be fail"),
        ("/control/payouts/po_none", {"outcome": "fail"}, "No such payout"),
        ("/control/balance-transaction", {}, "amount is missing"),
        ("/control/balance-transaction", {"amount": 0}, "amount must be"),
        ("/control/balance-transaction", {"amount": 1, "type": "A B"}, "type must be"),
    ],
)
def test_what_cannot_be_paid_out_or_booked_is_refused(api: Asking, path: str, body: dict[str, Any], words: str) -> None:
    answer = api.http.post(path, json=body)
    assert answer.status_code >= 400
    assert words in told(answer)["error"]
    assert told(api.get("/v1/balance_transactions"))["data"] == []
    assert api.events() == []


def test_the_fees_are_what_the_configuration_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_FEE_PERCENT", "2.9")
    monkeypatch.setenv("SANDBOX_FEE_FIXED_MINOR", "30")
    sandbox = Sandbox(tmp_path, port=free_port())
    sandbox.start()
    try:
        client = sdk(sandbox.url)
        paid = _paid(client)
        assert _booked(client) == [("charge", "charge", 1999, 88, 1911)]
        assert _booked(client, source=paid.latest_charge) == _booked(client)
    finally:
        sandbox.stop()
