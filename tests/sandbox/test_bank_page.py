"""The banks' page: everybody who was told to transfer money, and what each button sends."""

import pytest

from tests.sandbox.asking import Asking, told


def _customer(api: Asking, **fields: str) -> str:
    wanted = {"name": "Anna Alt", "email": "anna@example.com", "cash_balance[settings][reconciliation_mode]": "manual"}
    customer: str = api.made("/v1/customers", wanted | fields)["id"]
    return customer


def _available(api: Asking, customer: str) -> dict[str, int] | None:
    available: dict[str, int] | None = told(api.get(f"/v1/customers/{customer}/cash_balance"))["available"]
    return available


def test_the_page_says_who_owes_what_for_which_thing_and_where_to(api: Asking) -> None:
    intent = api.transfer_intent(customer=_customer(api), description="Order 4711")
    where = intent["next_action"]["display_bank_transfer_instructions"]
    page = api.http.get("/bank")
    assert page.status_code == 200
    iban = where["financial_addresses"][0]["iban"]["iban"]
    for words in ("Anna Alt", "anna@example.com", "Order 4711", "€19.99", iban, where["reference"], "No money moves"):
        assert words in page.text
    assert api.http.get(f"/bank/{intent['id']}").status_code == 200
    assert "<script" not in page.text


@pytest.mark.parametrize(
    ("typed", "came"),
    [
        ({"way": "exact"}, {"eur": 1999}),
        ({"way": "short"}, {"eur": 999}),
        ({"way": "over"}, {"eur": 2499}),
        ({"way": "twice"}, {"eur": 3998}),
        ({"way": "foreign"}, {"usd": 1999}),
        ({"way": "free", "amount": "12.50"}, {"eur": 1250}),
        ({"way": "free", "amount": "12,50", "sender": "Bao"}, {"eur": 1250}),
    ],
)
def test_a_button_sends_what_it_says(api: Asking, typed: dict[str, str], came: dict[str, int]) -> None:
    customer = _customer(api)
    intent = api.transfer_intent(customer=customer)
    answer = api.http.post(f"/bank/{intent['id']}", data=typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/bank")
    assert _available(api, customer) == came
    page = api.http.get("/bank")
    assert typed.get("sender", "Anna Alt") in page.text
    assert "arrived" in page.text


@pytest.mark.parametrize("amount", ["", "much", "0", "-1", "1.234", "1e9", "NaN", "1" * 400])
def test_a_sum_that_is_none_sends_nothing_and_says_so(api: Asking, amount: str) -> None:
    customer = _customer(api)
    intent = api.transfer_intent(customer=customer)
    page = api.http.post(f"/bank/{intent['id']}", data={"way": "free", "amount": amount})
    assert page.status_code == 422
    assert "Nothing was sent" in page.text
    assert _available(api, customer) is None


def test_money_on_its_way_is_told_so(api: Asking) -> None:
    customer = _customer(api)
    intent = api.transfer_intent(customer=customer)
    api.http.post(f"/bank/{intent['id']}", data={"way": "exact", "later": "yes"})
    assert "on its way" in api.http.get("/bank").text
    assert _available(api, customer) is None


def test_what_is_funded_is_not_waited_for_any_more(api: Asking) -> None:
    customer = _customer(api)
    intent = api.transfer_intent(customer=customer, description="Order 4711")
    api.http.post(f"/bank/{intent['id']}", data={"way": "short"})
    api.made(f"/v1/payment_intents/{intent['id']}/apply_customer_balance", {"amount": 999})
    assert "€10.00" in api.http.get("/bank").text
    api.http.post(f"/bank/{intent['id']}", data={"way": "exact"})
    api.made(f"/v1/payment_intents/{intent['id']}/apply_customer_balance")
    assert "Order 4711" not in api.http.get("/bank").text
    assert "not waited for any more" in api.http.get(f"/bank/{intent['id']}").text
    assert api.http.post(f"/bank/{intent['id']}", data={"way": "exact"}).headers["Location"] == "/bank"
    assert _available(api, customer) == {"eur": 0}


def test_only_transfers_are_on_the_page(api: Asking) -> None:
    card = api.intent(description="By card")
    assert "By card" not in api.http.get("/bank").text
    assert api.http.get(f"/bank/{card['id']}").status_code == 404
    assert api.http.get("/bank/pi_none").status_code == 404


def test_what_people_write_is_text_and_never_markup(api: Asking) -> None:
    evil = "<script>alert(1)</script>"
    intent = api.transfer_intent(customer=_customer(api, name=evil), description=evil)
    api.http.post(f"/bank/{intent['id']}", data={"way": "short", "sender": evil})
    page = api.http.get("/bank")
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


def test_yen_are_sent_whole(api: Asking) -> None:
    customer = _customer(api)
    intent = api.transfer_intent(customer=customer, currency="jpy")
    assert "¥1,999" in api.http.get("/bank").text
    assert api.http.post(f"/bank/{intent['id']}", data={"way": "free", "amount": "1.5"}).status_code == 422
    api.http.post(f"/bank/{intent['id']}", data={"way": "free", "amount": "1500"})
    assert _available(api, customer) == {"jpy": 1500}
