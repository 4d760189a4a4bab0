"""Cards and PayPal that are kept: by paying, by a page of their own; charged while their owner is away, withdrawn, forgotten."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.asking import SESSIONS, SHOP, Asking, flat, session_wanted, told
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import ASKS, PAYS, Sandbox

ASKS_ALWAYS, KEPT_AND_DECLINED, LOST = "4000002760003184", "4000000000000341", "4000000000009987"


@pytest.fixture
def customer(client: StripeClient) -> str:
    return client.v1.customers.create({"email": "anna@example.com"}).id


def paying_page(client: StripeClient, customer: str, way: str = "card", **changes: Any) -> Any:
    return client.v1.checkout.sessions.create(
        session_wanted(
            customer=customer,
            customer_email=None,
            allowed_payment_method_types=[way],
            payment_method_options={way: {"setup_future_usage": "off_session"}},
            **changes,
        )
    )


def saving_page(client: StripeClient, customer: str, way: str = "card") -> Any:
    return client.v1.checkout.sessions.create(
        {
            "mode": "setup",
            "currency": "eur",
            "customer": customer,
            "allowed_payment_method_types": [way],
            "success_url": f"{SHOP}/saved/",
            "setup_intent_data": {"metadata": {"saving_id": "1"}},
        }
    )


@pytest.fixture
def kept(client: StripeClient, sandbox: Sandbox, customer: str) -> Callable[..., str]:
    """The id of a kept way to pay."""

    def keep(card: str = PAYS, **more: Any) -> str:
        method: str = sandbox.pay(saving_page(client, customer).id, card, **more)["payment_method"]
        return method

    return keep


def charge(client: StripeClient, customer: str, method: str, **changes: Any) -> stripe.PaymentIntent:
    wanted: Any = {
        "amount": 1999,
        "currency": "eur",
        "customer": customer,
        "payment_method": method,
        "off_session": True,
        "confirm": True,
        "description": "R-7K2M9QX",
        **changes,
    }
    return client.v1.payment_intents.create(wanted)


def test_a_card_that_pays_a_session_which_says_so_is_kept_and_charged_later(
    client: StripeClient, sandbox: Sandbox, customer: str, receiver: Receiver
) -> None:
    paid = sandbox.pay(paying_page(client, customer).id, expires="2029-02")
    (method,) = client.v1.payment_methods.list({"customer": customer, "type": "card"}).data
    assert (method.id, method.customer) == (paid["payment_method"], customer)
    assert method.card
    assert (method.card.exp_year, method.card.exp_month, method.card.last4) == (2029, 2, "4242")
    intent = charge(client, customer, method.id)
    assert (intent.status, intent.amount_received, intent.payment_method) == ("succeeded", 1999, method.id)
    receiver.wait_for(intent.id, ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"])


def test_what_is_not_asked_to_be_kept_is_not(client: StripeClient, sandbox: Sandbox, customer: str) -> None:
    page = client.v1.checkout.sessions.create(session_wanted(customer=customer, customer_email=None))
    sandbox.pay(page.id)
    assert client.v1.payment_methods.list({"customer": customer}).data == []


def test_what_was_used_once_is_told_with_its_intent_and_is_in_no_list(
    client: StripeClient, sandbox: Sandbox, customer: str
) -> None:
    page = client.v1.checkout.sessions.create(session_wanted(customer=customer, customer_email=None))
    intent_id = sandbox.pay(page.id)["payment_intent"]
    used = client.v1.payment_intents.retrieve(intent_id, {"expand": ["payment_method"]}).payment_method
    assert isinstance(used, stripe.PaymentMethod)
    assert used.card
    assert (used.customer, used.type, used.card.last4) == (None, "card", "4242")
    assert "_number" not in used.to_dict()
    assert client.v1.payment_methods.list({"customer": customer}).data == []


def test_a_page_for_saving_keeps_and_charges_nothing(client: StripeClient, sandbox: Sandbox, customer: str) -> None:
    page = saving_page(client, customer)
    assert (page.amount_total, page.payment_status, page.payment_intent) == (None, "no_payment_required", None)
    told_back = sandbox.pay(page.id, expires="2027-03")
    now = client.v1.checkout.sessions.retrieve(page.id, {"expand": ["setup_intent.payment_method"]})
    assert (now.status, now.payment_status) == ("complete", "no_payment_required")
    assert isinstance(now.setup_intent, stripe.SetupIntent)
    assert (now.setup_intent.status, now.setup_intent.to_dict()["metadata"]) == ("succeeded", {"saving_id": "1"})
    assert isinstance(now.setup_intent.payment_method, stripe.PaymentMethod)
    assert now.setup_intent.payment_method.id == told_back["payment_method"]
    assert client.v1.payment_intents.list({"customer": customer}).data == []


@pytest.mark.parametrize("way", ["card", "paypal"])
def test_the_page_for_saving_says_that_nothing_is_charged(api: Asking, way: str) -> None:
    customer = told(api.post("/v1/customers", {"email": "anna@example.com"}))["id"]
    page = told(
        api.post(
            "/v1/checkout/sessions",
            {
                "mode": "setup",
                "currency": "eur",
                "customer": customer,
                "allowed_payment_method_types[0]": way,
                "success_url": f"{SHOP}/saved/",
            },
        )
    )
    text = api.http.get(f"/pay/{page['id']}").text
    assert "Nothing is charged now." in text
    assert "€" not in text
    if way == "card":
        typed = {"number": PAYS, "expiry": "03 / 27", "cvc": "123", "name": "Anna Alt"}
        assert api.http.post(f"/pay/{page['id']}", data=typed).headers["Location"] == f"{SHOP}/saved/"
    else:
        api.http.post(f"/pay/{page['id']}", data={"method": "paypal"})
        assert "charge you later" in api.http.get(f"/pay/{page['id']}/paypal").text
        answer = api.http.post(f"/pay/{page['id']}/paypal", data={"answer": "approve"})
        assert answer.headers["Location"] == f"{SHOP}/saved/"
    (method,) = told(api.get("/v1/payment_methods", {"customer": customer}))["data"]
    assert method["type"] == way
    assert "_number" not in method
    assert "Saved" in api.http.get(f"/pay/{page['id']}").text


@pytest.mark.parametrize("keeps", [True, False])
def test_a_payer_is_told_what_is_saved_while_they_pay_and_of_nothing_else(api: Asking, keeps: bool) -> None:
    customer = api.made("/v1/customers", {"email": "anna@example.com"})["id"]
    wanted = session_wanted(
        customer=customer, customer_email=None, allowed_payment_method_types=["card", "paypal"],
        payment_method_options={"paypal": {"setup_future_usage": "off_session"}} if keeps else None,
    )  # fmt: skip
    address = f"/pay/{api.made(SESSIONS, flat(wanted))['id']}"
    text = api.http.get(address).text
    assert "This card is saved" not in text
    assert ("This PayPal account is saved" in text) == keeps
    api.http.post(address, data={"method": "paypal"})
    consent = api.http.get(f"{address}/paypal").text
    assert ("This PayPal account is saved" in consent) == keeps
    assert "€19.99" in consent
    api.http.post(f"{address}/paypal", data={"answer": "approve"})
    kept = told(api.get("/v1/payment_methods", {"customer": customer}))["data"]
    assert [method["type"] for method in kept] == (["paypal"] if keeps else [])


def test_a_card_that_asked_once_pays_while_its_owner_is_away(
    client: StripeClient, customer: str, kept: Callable[..., str]
) -> None:
    assert charge(client, customer, kept(ASKS, bank="approve")).status == "succeeded"


def test_one_that_asks_always_is_declined_and_the_intent_waits_for_another_try(
    client: StripeClient, customer: str, kept: Callable[..., str]
) -> None:
    asking, good = kept(ASKS_ALWAYS, bank="approve"), kept()
    with pytest.raises(stripe.CardError) as caught:
        charge(client, customer, asking)
    assert caught.value.error
    assert (caught.value.code, caught.value.error.decline_code) == (
        "authentication_required",
        "authentication_required",
    )
    intent = caught.value.error.payment_intent
    assert intent
    assert intent.status == "requires_payment_method"
    again = client.v1.payment_intents.confirm(intent.id, {"payment_method": good, "off_session": True})
    assert (again.id, again.status) == (intent.id, "succeeded")
    assert len(client.v1.payment_intents.list({"customer": customer}).data) == 1


@pytest.mark.parametrize(
    ("fault", "code", "advice"),
    [
        ({"code": "insufficient_funds"}, "insufficient_funds", "try_again_later"),
        ({"code": "lost_card"}, "lost_card", "do_not_try_again"),
        ({"code": "generic_decline", "advice": "do_not_try_again"}, "generic_decline", "do_not_try_again"),
    ],
)
def test_a_decline_says_what_the_bank_advises(
    client: StripeClient, sandbox: Sandbox, customer: str, kept: Callable[..., str], fault: Any, code: str, advice: str
) -> None:
    method = kept()
    sandbox.fault("payment", "decline", match=method, **fault)
    with pytest.raises(stripe.CardError) as caught:
        charge(client, customer, method)
    assert caught.value.error
    assert (caught.value.error.decline_code, caught.value.error.advice_code) == (code, advice)
    assert charge(client, customer, method).status == "succeeded"


def test_an_answer_may_fail_or_stay_away_for_one_way_to_pay_alone(
    client: StripeClient, sandbox: Sandbox, customer: str, kept: Callable[..., str]
) -> None:
    first, second = kept(), kept()
    sandbox.fault("api", "error", match=first)
    sandbox.fault("api", "error", match=first, after=True, status=503)
    assert charge(client, customer, second).status == "succeeded"
    with pytest.raises(stripe.APIError) as nothing_done:
        charge(client, customer, first)
    with pytest.raises(stripe.APIError) as done:
        charge(client, customer, first)
    assert (nothing_done.value.http_status, done.value.http_status) == (500, 503)
    made = client.v1.payment_intents.list({"customer": customer}).data
    assert [one.payment_method for one in made] == [first, second]


def test_the_same_key_gives_the_same_decline_again(
    client: StripeClient, customer: str, kept: Callable[..., str]
) -> None:
    method = kept(KEPT_AND_DECLINED)
    wanted: Any = {
        "amount": 500, "currency": "eur", "customer": customer, "payment_method": method, "off_session": True, "confirm": True
    }  # fmt: skip
    intents = []
    for _time in range(2):
        with pytest.raises(stripe.CardError) as caught:
            client.v1.payment_intents.create(wanted, {"idempotency_key": "once"})
        assert caught.value.error
        assert caught.value.error.payment_intent
        intents.append(caught.value.error.payment_intent.id)
    assert intents[0] == intents[1]
    assert len(client.v1.payment_intents.list({"customer": customer}).data) == 1


def test_a_card_whose_month_is_over_is_declined_until_the_network_tells_of_a_new_one(
    client: StripeClient, sandbox: Sandbox, customer: str, kept: Callable[..., str], receiver: Receiver
) -> None:
    method = kept()
    sandbox.change_method(method, expires="2020-01")
    with pytest.raises(stripe.CardError, match="expired"):
        charge(client, customer, method)
    sandbox.change_method(method, expires="2036-01")
    assert charge(client, customer, method).status == "succeeded"
    updated = "payment_method.automatically_updated"
    receiver.wait_until(method, lambda came: [one.kind for one in came].count(updated) == 2)


def test_without_permission_nothing_is_charged_and_trying_again_is_useless(
    client: StripeClient, sandbox: Sandbox, customer: str, receiver: Receiver
) -> None:
    paid = sandbox.pay(paying_page(client, customer, "paypal").id, method="paypal")
    assert charge(client, customer, paid["payment_method"]).status == "succeeded"
    mandate = sandbox.change_method(paid["payment_method"], revoke=True)["mandate"]
    assert client.v1.mandates.retrieve(mandate).status == "inactive"
    with pytest.raises(stripe.CardError) as caught:
        charge(client, customer, paid["payment_method"])
    assert caught.value.error
    assert caught.value.error.advice_code == "do_not_try_again"
    receiver.wait_for(mandate, ["mandate.updated"])


def test_what_is_forgotten_is_charged_no_more(client: StripeClient, customer: str, kept: Callable[..., str]) -> None:
    method = kept()
    assert client.v1.payment_methods.detach(method).customer is None
    assert client.v1.payment_methods.list({"customer": customer}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        charge(client, customer, method)
    with pytest.raises(stripe.InvalidRequestError, match="detachment is impossible"):
        client.v1.payment_methods.detach(method)


def test_another_customer_s_card_is_not_charged(client: StripeClient, kept: Callable[..., str]) -> None:
    stranger = client.v1.customers.create({"email": "bao@example.com"}).id
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method"):
        charge(client, stranger, kept())


def test_money_is_set_aside_and_then_taken(client: StripeClient, sandbox: Sandbox, receiver: Receiver) -> None:
    page = client.v1.checkout.sessions.create(session_wanted(payment_intent_data={"capture_method": "manual"}))
    told_back = sandbox.pay(page.id)
    assert (told_back["status"], told_back["payment_status"], told_back["intent_status"]) == (
        "complete",
        "unpaid",
        "requires_capture",
    )
    intent = client.v1.payment_intents.retrieve(told_back["payment_intent"], {"expand": ["latest_charge"]})
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert (intent.amount_capturable, intent.amount_received, intent.latest_charge.captured) == (1999, 0, False)
    assert client.v1.balance_transactions.list({"source": intent.latest_charge.id}).data == []
    taken = client.v1.payment_intents.capture(intent.id)
    assert (taken.status, taken.amount_capturable, taken.amount_received) == ("succeeded", 0, 1999)
    assert len(client.v1.balance_transactions.list({"source": intent.latest_charge.id}).data) == 1
    with pytest.raises(stripe.InvalidRequestError, match="cannot be captured"):
        client.v1.payment_intents.capture(intent.id)


def test_money_that_was_set_aside_is_let_go(client: StripeClient, sandbox: Sandbox) -> None:
    page = client.v1.checkout.sessions.create(session_wanted(payment_intent_data={"capture_method": "manual"}))
    intent_id = sandbox.pay(page.id)["payment_intent"]
    gone = client.v1.payment_intents.cancel(intent_id)
    assert (gone.status, gone.amount_capturable, gone.amount_received) == ("canceled", 0, 0)
    with pytest.raises(stripe.InvalidRequestError, match="cannot be captured"):
        client.v1.payment_intents.capture(intent_id)
