"""Checkout Sessions through the SDK as it comes: made, looked up, listed, paid, expired."""

import time

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.asking import SHOP, Asking, session_wanted, told
from tests.sandbox_process import ASKS, DECLINED, Sandbox


def test_a_new_session_is_open_unpaid_and_names_its_page(client: StripeClient, sandbox: Sandbox) -> None:
    before = int(time.time())
    session = client.v1.checkout.sessions.create(
        session_wanted(client_reference_id="order-1", metadata={"payment_id": "p1"}, locale="zh")
    )
    assert session.id.startswith("cs_test_")
    assert session.url == f"{sandbox.url}/pay/{session.id}"
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency, session.livemode) == (1999, "eur", False)
    assert (session.client_reference_id, session.locale) == ("order-1", "zh")
    assert session.metadata is not None
    assert session.metadata.to_dict() == {"payment_id": "p1"}
    assert session.customer_details is not None
    assert session.customer_details.email == "anna@example.com"
    assert before <= session.created <= time.time()
    assert session.expires_at == session.created + 24 * 3600
    assert session.success_url == f"{SHOP}/orders/1/?session={{CHECKOUT_SESSION_ID}}"
    assert client.v1.checkout.sessions.retrieve(session.id).to_dict() == session.to_dict()


def test_line_items_add_up_to_the_total(client: StripeClient) -> None:
    lines = [
        {"quantity": 2, "price_data": {"currency": "eur", "unit_amount": 500, "product_data": {"name": "Add-on"}}},
        {"price_data": {"currency": "eur", "unit_amount": 99, "product_data": {"name": "SIM"}}},
    ]
    session = client.v1.checkout.sessions.create(session_wanted(line_items=lines))
    items = client.v1.checkout.sessions.line_items.list(session.id)
    assert session.amount_total == 1099
    assert [(item.description, item.quantity, item.amount_total) for item in items.data] == [
        ("Add-on", 2, 1000),
        ("SIM", 1, 99),
    ]
    assert not items.has_more


def test_a_paid_session_tells_its_intent_its_charge_and_who_paid(client: StripeClient, sandbox: Sandbox) -> None:
    wanted = session_wanted(payment_intent_data={"description": "Month M", "metadata": {"payment_id": "p2"}})
    session = client.v1.checkout.sessions.create(wanted)
    sandbox.pay(session.id)
    expand = ["payment_intent.latest_charge", "line_items"]
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": expand})
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    intent = paid.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert (intent.status, intent.amount_received, intent.currency, intent.description) == (
        "succeeded",
        1999,
        "eur",
        "Month M",
    )
    assert intent.metadata.to_dict() == {"payment_id": "p2"}
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.amount, charge.paid, charge.refunded, charge.payment_intent) == (1999, True, False, intent.id)
    assert charge.billing_details.email == "anna@example.com"
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.last4 == "4242"
    assert paid.line_items is not None
    assert [item.description for item in paid.line_items.data] == ["Month M"]


def test_a_declined_card_leaves_the_session_open_for_another_one(client: StripeClient, sandbox: Sandbox) -> None:
    session = client.v1.checkout.sessions.create(session_wanted())
    told = sandbox.pay(session.id, DECLINED)
    assert (told["status"], told["payment_status"], told["intent_status"]) == (
        "open",
        "unpaid",
        "requires_payment_method",
    )
    intent = client.v1.payment_intents.retrieve(told["payment_intent"])
    assert intent.last_payment_error is not None
    assert (intent.last_payment_error.code, intent.last_payment_error.decline_code) == (
        "card_declined",
        "generic_decline",
    )
    assert (intent.amount_received, intent.latest_charge) == (0, None)
    again = sandbox.pay(session.id)
    assert (again["payment_intent"], again["status"]) == (intent.id, "complete")


@pytest.mark.parametrize(
    ("bank", "ends"), [("approve", ("complete", "succeeded")), ("fail", ("open", "requires_payment_method"))]
)
def test_a_card_that_asks_its_bank_ends_as_the_bank_says(
    client: StripeClient, sandbox: Sandbox, bank: str, ends: tuple[str, str]
) -> None:
    session = client.v1.checkout.sessions.create(session_wanted())
    assert sandbox.pay(session.id, ASKS)["intent_status"] == "requires_action"
    told = sandbox.pay(session.id, ASKS, bank=bank)
    assert (told["status"], told["intent_status"]) == ends


def test_an_expired_session_takes_no_money_and_cancels_its_attempt(client: StripeClient, sandbox: Sandbox) -> None:
    session = client.v1.checkout.sessions.create(session_wanted())
    intent_id = sandbox.pay(session.id, DECLINED)["payment_intent"]
    expired = client.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.payment_status, expired.url) == ("expired", "unpaid", None)
    intent = client.v1.payment_intents.retrieve(intent_id)
    assert (intent.status, intent.cancellation_reason) == ("canceled", "automatic")
    with pytest.raises(stripe.InvalidRequestError, match=r'in \["open"\] can be expired.*status of expired'):
        client.v1.checkout.sessions.expire(session.id)
    with pytest.raises(AssertionError, match="The session is expired"):
        sandbox.pay(session.id)


def test_a_paid_session_cannot_be_expired(client: StripeClient, sandbox: Sandbox) -> None:
    session = client.v1.checkout.sessions.create(session_wanted())
    sandbox.pay(session.id)
    with pytest.raises(stripe.InvalidRequestError, match="status of complete"):
        client.v1.checkout.sessions.expire(session.id)
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_money_can_be_made_to_come_after_the_session_expired(client: StripeClient, sandbox: Sandbox) -> None:
    session = client.v1.checkout.sessions.create(session_wanted())
    client.v1.checkout.sessions.expire(session.id)
    told = sandbox.pay(session.id, force=True)
    assert (told["status"], told["payment_status"], told["intent_status"]) == ("complete", "paid", "succeeded")


def test_sessions_are_listed_newest_first_and_filtered(client: StripeClient, sandbox: Sandbox) -> None:
    customer = client.v1.customers.create({"name": "Anna"})
    wanted = session_wanted(customer=customer.id, customer_email=None)
    first, second, third = (client.v1.checkout.sessions.create(wanted) for _ in range(3))
    intent_id = sandbox.pay(second.id)["payment_intent"]
    client.v1.checkout.sessions.expire(third.id)

    def ids(**asked: str) -> list[str]:
        return [found.id for found in client.v1.checkout.sessions.list(asked).data]  # type: ignore[arg-type]

    assert ids(customer=customer.id) == [third.id, second.id, first.id]
    assert ids(customer=customer.id, status="open") == [first.id]
    assert ids(customer=customer.id, status="complete") == [second.id]
    assert ids(payment_intent=intent_id) == [second.id]
    with pytest.raises(stripe.InvalidRequestError, match="must be one of complete, expired or open"):
        ids(status="shut")


def test_a_session_that_is_overdue_expires_on_being_looked_at(api: Asking) -> None:
    session = api.session(expires_at=int(time.time()) + 1800)
    books = api.http.application.extensions["sandbox"].books
    with books.writing() as sql:
        sql.execute(
            "UPDATE objects SET body = json_set(body, '$.expires_at', ?) WHERE id = ?",
            (int(time.time()), session["id"]),
        )
    assert told(api.get(f"/v1/checkout/sessions/{session['id']}"))["status"] == "expired"
    assert api.events() == ["checkout.session.expired"]


def test_a_session_that_nobody_looks_at_expires_by_itself(api: Asking) -> None:
    session = api.session()
    books = api.http.application.extensions["sandbox"].books
    with books.writing() as sql:
        sql.execute("UPDATE objects SET body = json_set(body, '$.expires_at', 1) WHERE id = ?", (session["id"],))
    until = time.monotonic() + 5
    while not api.events() and time.monotonic() < until:
        time.sleep(0.05)
    assert api.events() == ["checkout.session.expired"]


def test_an_unknown_session_is_a_404_in_stripes_words(client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=r"No such checkout\.session: 'cs_test_none'") as refused:
        client.v1.checkout.sessions.retrieve("cs_test_none")
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (404, "resource_missing", "id")
