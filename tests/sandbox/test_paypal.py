"""PayPal in Checkout: offered where it is allowed, paid or left on its own page, and told by the API."""

import re

import pytest
import stripe
from flask.testing import FlaskClient
from stripe import StripeClient

from sandbox.pay_page.words import CHINESE, ENGLISH
from tests.sandbox.asking import SHOP, Asking, session_wanted, told
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import Sandbox

ONLY, BOTH = ["paypal"], ["card", "paypal"]


def _state(api: Asking, session_id: str) -> tuple[str, str]:
    now = told(api.get(f"/v1/checkout/sessions/{session_id}"))
    return now["status"], now["payment_status"]


def _go_to_paypal(http: FlaskClient, session_id: str) -> str:
    answer = http.post(f"/pay/{session_id}", data={"method": "paypal"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/pay/{session_id}/paypal")
    return answer.headers["Location"]


def test_a_payment_by_paypal_tells_who_paid(client: StripeClient, sandbox: Sandbox, receiver: Receiver) -> None:
    session = client.v1.checkout.sessions.create(session_wanted(allowed_payment_method_types=ONLY))
    assert session.payment_method_types == ONLY
    paid = sandbox.pay(session.id, method="paypal", payer="anna.at.paypal@example.com")
    assert (paid["status"], paid["payment_status"], paid["intent_status"]) == ("complete", "paid", "succeeded")
    intent = client.v1.payment_intents.retrieve(paid["payment_intent"], {"expand": ["latest_charge"]})
    assert (intent.payment_method_types, intent.amount_received, intent.next_action) == (ONLY, 1999, None)
    assert isinstance(intent.latest_charge, stripe.Charge)
    details = intent.latest_charge.payment_method_details
    assert details is not None
    assert details.type == "paypal"
    assert details.paypal is not None
    assert details.paypal.payer_email == "anna.at.paypal@example.com"
    assert re.fullmatch(r"[A-Z2-7]{13}", details.paypal.payer_id or "")
    assert not hasattr(details, "card")
    receiver.wait_for(
        intent.id,
        [
            "payment_intent.created",
            "payment_intent.requires_action",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        ],
    )


def test_the_same_payer_has_the_same_id_and_the_session_s_mail_is_theirs_unless_another_is_said(api: Asking) -> None:
    charges = []
    for payer in ({}, {}, {"payer": "bao@example.com"}):
        paid = api.pay(api.session(allowed_payment_method_types=ONLY)["id"], method="paypal", **payer)
        listed = told(api.get("/v1/charges", {"payment_intent": paid["payment_intent"]}))["data"]
        charges.append(listed[0]["payment_method_details"]["paypal"])
    assert [charge["payer_email"] for charge in charges] == ["anna@example.com", "anna@example.com", "bao@example.com"]
    assert charges[0]["payer_id"] == charges[1]["payer_id"] != charges[2]["payer_id"]


def test_the_payer_of_a_customers_session_is_the_customer(api: Asking) -> None:
    customer = api.made("/v1/customers", {"email": "dana@example.com"})["id"]
    session = api.session(allowed_payment_method_types=ONLY, customer=customer, customer_email=None)
    paid = api.pay(session["id"], method="paypal")
    charge = told(api.get("/v1/charges", {"payment_intent": paid["payment_intent"]}))["data"][0]
    assert (charge["payment_method_details"]["paypal"]["payer_email"], charge["customer"]) == (
        "dana@example.com",
        customer,
    )


def test_a_session_without_an_address_takes_it_from_paypal(api: Asking) -> None:
    session = api.session(allowed_payment_method_types=ONLY, customer_email=None)
    api.pay(session["id"], method="paypal", payer="carla@example.com")
    details = told(api.get(f"/v1/checkout/sessions/{session['id']}"))["customer_details"]
    assert (details["email"], details["name"]) == ("carla@example.com", "PayPal Payer")


@pytest.mark.parametrize(
    ("ways", "offered", "hidden"),
    [
        (["card"], "card_title", "paypal_title"),
        (ONLY, "paypal_title", "card_title"),
        (BOTH, "paypal_title", ""),
        (BOTH, "card_title", ""),
    ],
)
def test_the_page_offers_what_is_allowed(api: Asking, ways: list[str], offered: str, hidden: str) -> None:
    page = api.http.get(f"/pay/{api.session(allowed_payment_method_types=ways)['id']}")
    assert ENGLISH[offered] in page.text
    assert not hidden or ENGLISH[hidden] not in page.text
    assert ('name="number"' in page.text) == ("card" in ways)


def test_consent_on_paypals_page_pays_and_leads_back_to_the_shop(api: Asking) -> None:
    session = api.session(allowed_payment_method_types=BOTH)
    address = _go_to_paypal(api.http, session["id"])
    page = api.http.get(address)
    assert page.status_code == 200
    for words in (ENGLISH["paypal_asks"], "anna@example.com", "€19.99", ENGLISH["paypal_cancel"]):
        assert words in page.text
    assert _state(api, session["id"]) == ("open", "unpaid")
    answer = api.http.post(address, data={"answer": "approve"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{SHOP}/orders/1/?session={session['id']}")
    assert _state(api, session["id"]) == ("complete", "paid")
    again = api.http.post(address, data={"answer": "cancel"})
    assert again.headers["Location"] == f"{SHOP}/orders/1/?session={session['id']}"
    assert api.events().count("charge.succeeded") == 1


def test_who_leaves_paypal_is_back_on_the_page_unpaid_and_may_go_on_or_back(api: Asking) -> None:
    session = api.session(allowed_payment_method_types=BOTH)
    address = _go_to_paypal(api.http, session["id"])
    left = api.http.post(address, data={"answer": "cancel"})
    assert (left.status_code, left.headers["Location"]) == (303, f"/pay/{session['id']}")
    page = api.http.get(left.headers["Location"])
    assert ENGLISH["payment_method_customer_decline"] in page.text
    assert f'href="{SHOP}/orders/1/"' in page.text
    assert _state(api, session["id"]) == ("open", "unpaid")
    intent = told(api.get(f"/v1/checkout/sessions/{session['id']}", {"expand[0]": "payment_intent"}))["payment_intent"]
    assert (intent["status"], intent["last_payment_error"]["code"]) == (
        "requires_payment_method",
        "payment_method_customer_decline",
    )
    assert api.events() == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.payment_failed",
    ]
    assert api.pay(session["id"])["status"] == "complete"


def test_paypals_page_asks_only_who_chose_it(api: Asking) -> None:
    session = api.session(allowed_payment_method_types=BOTH)
    address = f"/pay/{session['id']}"
    assert api.http.get(f"{address}/paypal").headers["Location"] == address
    assert api.http.post(f"{address}/paypal", data={"answer": "approve"}).headers["Location"] == address
    _go_to_paypal(api.http, session["id"])
    assert api.http.get(f"{address}/bank").headers["Location"] == address
    assert api.http.post(f"{address}/bank", data={"answer": "approve"}).headers["Location"] == address
    assert _state(api, session["id"]) == ("open", "unpaid")


def test_what_the_session_does_not_offer_is_not_played(api: Asking) -> None:
    only_card, only_paypal = api.session()["id"], api.session(allowed_payment_method_types=ONLY)["id"]
    assert api.http.post(f"/pay/{only_card}", data={"method": "paypal"}).headers["Location"] == f"/pay/{only_card}"
    assert api.http.post(f"/control/pay/{only_card}", json={"method": "paypal"}).status_code == 400
    typed = {"number": "4242424242424242", "expiry": "12 / 34", "cvc": "123"}
    assert api.http.post(f"/pay/{only_paypal}", data=typed).headers["Location"] == f"/pay/{only_paypal}"
    assert api.http.post(f"/control/pay/{only_paypal}", json={}).status_code == 400
    assert api.events() == []


def test_paypals_page_speaks_chinese_too(api: Asking) -> None:
    session = api.session(allowed_payment_method_types=ONLY, locale="zh")
    assert CHINESE["paypal_go"] in api.http.get(f"/pay/{session['id']}").text
    assert CHINESE["paypal_approve"] in api.http.get(_go_to_paypal(api.http, session["id"])).text


def test_paypal_is_refused_where_it_is_off_or_does_not_know_the_currency(
    client: StripeClient, sandbox: Sandbox
) -> None:
    sandbox.capabilities(paypal_payments="inactive")
    with pytest.raises(stripe.InvalidRequestError, match="type provided: paypal is invalid"):
        client.v1.checkout.sessions.create(session_wanted(allowed_payment_method_types=BOTH))
    sandbox.capabilities(paypal_payments="active")
    line = {"price_data": {"currency": "jpy", "unit_amount": 1200, "product_data": {"name": "Day"}}}
    with pytest.raises(stripe.InvalidRequestError, match="does not go with the currency jpy"):
        client.v1.checkout.sessions.create(session_wanted(allowed_payment_method_types=ONLY, line_items=[line]))
    with pytest.raises(stripe.InvalidRequestError, match="does not play this allowed_payment_method_types"):
        client.v1.checkout.sessions.create(session_wanted(allowed_payment_method_types=["paypal", "klarna"]))


def test_money_by_paypal_may_be_on_its_way_too(api: Asking) -> None:
    api.fault("payment", "async")
    paid = api.pay(api.session(allowed_payment_method_types=ONLY)["id"], method="paypal")
    assert (paid["status"], paid["payment_status"], paid["intent_status"]) == ("complete", "unpaid", "processing")
    settled = told(api.http.post(f"/control/settle/{paid['payment_intent']}", json={"outcome": "succeed"}))
    assert settled["status"] == "succeeded"
