"""PayPal's own page: who may be charged later, and how a payer takes that back."""

import re

import pytest

from tests.sandbox.asking import SESSIONS, SHOP, Asking, told

_ROW = re.compile(r"<li>.*?</li>", re.DOTALL)


@pytest.fixture
def customer(api: Asking) -> str:
    made: str = api.made("/v1/customers", {"email": "anna@example.com"})["id"]
    return made


def save(api: Asking, customer: str, way: str = "paypal", **how: str) -> str:
    wanted = {
        "mode": "setup", "currency": "eur", "customer": customer, "allowed_payment_method_types[0]": way,
        "success_url": f"{SHOP}/saved/",
    }  # fmt: skip
    method: str = api.pay(api.made(SESSIONS, wanted)["id"], method=way, **how)["payment_method"]
    return method


def rows(api: Asking) -> list[str]:
    page = api.http.get("/paypal")
    assert page.status_code == 200
    assert "<script" not in page.text
    return _ROW.findall(page.text)


def charge(api: Asking, customer: str, method: str) -> int:
    wanted = {
        "amount": "1999", "currency": "eur", "customer": customer, "payment_method": method, "off_session": "true",
        "confirm": "true",
    }  # fmt: skip
    return api.post("/v1/payment_intents", wanted).status_code


def test_the_page_lists_every_payer_newest_first_and_no_card(api: Asking, customer: str) -> None:
    assert "Nobody has let the shop" in rows(api)[0]
    save(api, customer, "card")
    save(api, customer)
    save(api, customer, payer="bao@example.com")
    found = rows(api)
    assert ["bao@example.com" in found[0], "anna@example.com" in found[1], len(found)] == [True, True, 2]
    assert all("may be charged" in row and "Withdraw" in row for row in found)


def test_a_click_withdraws_one_permission_once_and_tells_the_shop(api: Asking, customer: str) -> None:
    kept, withdrawn = save(api, customer), save(api, customer, payer="bao@example.com")
    for _click in range(2):
        answer = api.http.post(f"/paypal/{withdrawn}")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/paypal")
    first, second = rows(api)
    assert ("withdrawn" in first, "Withdraw" in first, "may be charged" in second) == (True, False, True)
    assert api.events().count("mandate.updated") == 1
    assert (charge(api, customer, withdrawn), charge(api, customer, kept)) == (402, 200)


def test_what_was_removed_at_the_shop_says_so_and_has_no_button(api: Asking, customer: str) -> None:
    method = save(api, customer)
    api.made(f"/v1/payment_methods/{method}/detach")
    (row,) = rows(api)
    assert ("removed at the shop" in row, "Withdraw" in row) == (True, False)


def test_a_card_or_nothing_at_all_is_not_withdrawn_there(api: Asking, customer: str) -> None:
    card = save(api, customer, "card")
    for method in (card, "pm_1None"):
        assert api.http.post(f"/paypal/{method}").status_code == 303
    assert "mandate.updated" not in api.events()
    assert charge(api, customer, card) == 200
    assert told(api.get(f"/v1/payment_methods/{card}"))["customer"] == customer
