"""The hosted payment page: every test card, every mistake, the bank's page, pages that are closed, both languages."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sandbox.pay_page.words import CHINESE, ENGLISH
from sandbox.stripe_api.cards import CARDS, Card
from tests.sandbox.asking import SHOP, Asking, told
from tests.sandbox_process import ASKS, DECLINED, INSUFFICIENT, PAYS

#: a number that passes the check digit and is no test card of the sandbox
REAL = "4929420573595709"


def _typed(**changes: str) -> dict[str, str]:
    return {"number": PAYS, "expiry": "12 / 34", "cvc": "123", "name": "Anna Alt", **changes}


def _submit(http: FlaskClient, session: dict[str, Any], **changes: str) -> TestResponse:
    return http.post(f"/pay/{session['id']}", data=_typed(**changes))


def _state(api: Asking, session: dict[str, Any]) -> tuple[str, str]:
    now = told(api.get(f"/v1/checkout/sessions/{session['id']}"))
    return now["status"], now["payment_status"]


def _value(page: TestResponse, name: str) -> str:
    match = re.search(rf'<input id="{name}" name="{name}" value="([^"]*)"', page.text)
    assert match, name
    return match[1]


def _intent(api: Asking, session: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/checkout/sessions/{session['id']}"
    intent: dict[str, Any] = told(api.get(path, {"expand[0]": "payment_intent"}))["payment_intent"]
    return intent


def test_the_page_says_what_is_paid_to_whom_and_that_it_is_a_test(api: Asking) -> None:
    session = api.session()
    page = api.http.get(f"/pay/{session['id']}")
    assert page.status_code == 200
    for words in ("€19.99", "Month M", "Test mode", "No money moves", f'href="{SHOP}/orders/1/"'):
        assert words in page.text
    assert '<html lang="en">' in page.text
    assert "<script" not in page.text
    assert 'name="email"' not in page.text


def test_the_page_allows_no_script_and_a_form_that_ends_at_the_shop_only(api: Asking) -> None:
    policy = api.http.get(f"/pay/{api.session()['id']}").headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {SHOP}"
    )


@pytest.mark.parametrize("card", [card for card in CARDS if card.outcome == "pays"], ids=lambda card: card.brand)
def test_a_good_card_pays_and_leads_back_to_the_shop(api: Asking, card: Card) -> None:
    session = api.session()
    answer = _submit(api.http, session, number=card.number)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{SHOP}/orders/1/?session={session['id']}")
    assert _state(api, session) == ("complete", "paid")
    assert api.events()[-1] == "checkout.session.completed"


@pytest.mark.parametrize(
    "card", [card for card in CARDS if card.outcome == "declined"], ids=lambda card: card.decline_code
)
def test_a_declined_card_is_told_so_and_keeps_what_was_typed(api: Asking, card: Card) -> None:
    session = api.session()
    page = _submit(api.http, session, number=card.number)
    assert page.status_code == 402
    assert "You have not been charged" in page.text
    assert ENGLISH.get(card.decline_code, ENGLISH["generic_decline"]) in page.text
    assert (_value(page, "name"), _value(page, "expiry")) == ("Anna Alt", "12 / 34")
    assert _state(api, session) == ("open", "unpaid")
    assert _intent(api, session)["last_payment_error"]["decline_code"] == card.decline_code
    assert _submit(api.http, session).status_code == 303
    assert _state(api, session) == ("complete", "paid")


@pytest.mark.parametrize("number", ["4242 4242 4242 4242", "4242-4242-4242-4242", "  4242424242424242 "])
def test_a_number_may_be_typed_in_groups(api: Asking, number: str) -> None:
    assert _submit(api.http, api.session(), number=number).status_code == 303


@pytest.mark.parametrize(
    ("field", "text", "mistake"),
    [
        ("number", "", "number_missing"),
        ("number", "4242424242424241", "number_wrong"),
        ("number", "four", "number_wrong"),
        ("number", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "number_wrong"),
        ("number", "4" * 5000, "number_wrong"),
        ("expiry", "", "expiry_missing"),
        ("expiry", "13/34", "expiry_wrong"),
        ("expiry", "soon", "expiry_wrong"),
        ("expiry", "01/20", "expiry_past"),
        ("cvc", "", "cvc_missing"),
        ("cvc", "12", "cvc_wrong"),
        ("cvc", "12345", "cvc_wrong"),
    ],
)
def test_a_mistake_is_named_at_its_field_nothing_is_charged_and_the_rest_is_kept(
    api: Asking, field: str, text: str, mistake: str
) -> None:
    session = api.session()
    page = _submit(api.http, session, **{field: text})
    assert page.status_code == 422
    assert ENGLISH[mistake] in page.text
    assert f'id="{field}-mistake"' in page.text
    assert page.text.count('aria-invalid="true"') == 1
    kept = {"number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123", "name": "Anna Alt"}
    for name in set(kept) - {field} - ({"cvc"} if field == "number" else set()):
        assert _value(page, name) == kept[name]
    assert _state(api, session) == ("open", "unpaid")
    assert api.events() == []


def test_everything_that_is_missing_is_named_at_once(api: Asking) -> None:
    page = api.http.post(f"/pay/{api.session()['id']}", data={})
    assert page.status_code == 422
    assert page.text.count('aria-invalid="true"') == 3
    assert ENGLISH["fix"] in page.text


def test_the_number_of_a_real_card_is_neither_shown_again_nor_kept_anywhere(api: Asking, tmp_path: Path) -> None:
    session = api.session()
    page = _submit(api.http, session, number=REAL, cvc="987")
    assert page.status_code == 422
    assert ENGLISH["number_real"] in page.text
    assert (_value(page, "number"), _value(page, "cvc"), _value(page, "name")) == ("", "", "Anna Alt")
    filled = api.http.get(f"/pay/{session['id']}?card={REAL}")
    wrong_field = _submit(api.http, session, name=REAL, expiry=REAL, cvc=REAL, email=REAL)
    _submit(api.http, session, name=f" {REAL[:4]} {REAL[4:]}", number=DECLINED)
    for text in (page.text, filled.text, wrong_field.text):
        assert REAL not in text
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert session["id"].encode() in kept
    assert REAL.encode() not in kept
    assert REAL[4:].encode() not in kept


@pytest.mark.parametrize("email", ["", "anna", "anna@", "@example.com", "anna@example", "a b@example.com"])
def test_an_address_is_asked_for_when_the_shop_gave_none(api: Asking, email: str) -> None:
    session = api.session(customer_email=None)
    page = _submit(api.http, session, email=email)
    assert page.status_code == 422
    assert ENGLISH["email_wrong"] in page.text
    assert _value(page, "email") == email
    assert _submit(api.http, session, email="anna@example.com").status_code == 303
    details = told(api.get(f"/v1/checkout/sessions/{session['id']}"))["customer_details"]
    assert (details["email"], details["name"]) == ("anna@example.com", "Anna Alt")


def test_a_link_fills_the_form_with_a_test_card(api: Asking) -> None:
    session = api.session()
    page = api.http.get(f"/pay/{session['id']}?card={INSUFFICIENT}")
    assert _value(page, "number") == "4000 0000 0000 9995"
    assert ENGLISH["filled"] in page.text
    assert _state(api, session) == ("open", "unpaid")


@pytest.mark.parametrize(("answer", "status"), [("approve", 303), ("fail", 402), ("", 402)])
def test_a_card_that_asks_leads_to_the_bank_and_ends_as_it_is_answered(api: Asking, answer: str, status: int) -> None:
    session = api.session()
    asked = _submit(api.http, session, number=ASKS)
    assert (asked.status_code, asked.headers["Location"]) == (303, f"/pay/{session['id']}/bank")
    page = api.http.get(f"/pay/{session['id']}/bank")
    assert page.status_code == 200
    assert ENGLISH["bank_approve"] in page.text
    assert _state(api, session) == ("open", "unpaid")
    ended = api.http.post(f"/pay/{session['id']}/bank", data={"answer": answer})
    assert ended.status_code == status
    if status == 303:
        assert ended.headers["Location"] == f"{SHOP}/orders/1/?session={session['id']}"
        assert _state(api, session) == ("complete", "paid")
    else:
        assert ENGLISH["payment_intent_authentication_failure"] in ended.text
        assert _state(api, session) == ("open", "unpaid")
        assert _submit(api.http, session).status_code == 303


def test_the_bank_asks_nothing_before_a_card_was_tried_nor_twice(api: Asking) -> None:
    session = api.session()
    address = f"/pay/{session['id']}"
    assert api.http.get(f"{address}/bank").headers["Location"] == address
    assert api.http.post(f"{address}/bank", data={"answer": "approve"}).headers["Location"] == address
    assert _state(api, session) == ("open", "unpaid")
    _submit(api.http, session, number=ASKS)
    api.http.post(f"{address}/bank", data={"answer": "approve"})
    again = api.http.post(f"{address}/bank", data={"answer": "fail"})
    assert again.headers["Location"] == f"{SHOP}/orders/1/?session={session['id']}"
    assert _state(api, session) == ("complete", "paid")


def test_another_card_may_be_used_instead_of_answering_the_bank(api: Asking) -> None:
    session = api.session()
    _submit(api.http, session, number=ASKS)
    assert _submit(api.http, session).status_code == 303
    assert api.events().count("charge.succeeded") == 1


def test_a_second_click_leads_to_the_same_place_and_charges_once(app: Flask) -> None:
    api = Asking(app.test_client())
    session = api.session()
    barrier, answers = threading.Barrier(5), []

    def click() -> None:
        http = app.test_client()
        barrier.wait()
        answers.append(_submit(http, session))

    threads = [threading.Thread(target=click) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    places = {(answer.status_code, answer.headers["Location"]) for answer in answers}
    assert places == {(303, f"{SHOP}/orders/1/?session={session['id']}")}
    assert api.events().count("charge.succeeded") == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("below", ["", "/bank"])
def test_an_expired_page_takes_no_money_and_says_where_to_go(api: Asking, method: str, below: str) -> None:
    session = api.session()
    api.made(f"/v1/checkout/sessions/{session['id']}/expire")
    page = api.http.open(f"/pay/{session['id']}{below}", method=method, data=_typed())
    assert page.status_code == 410
    assert ENGLISH["expired_title"] in page.text
    assert f'href="{SHOP}/orders/1/"' in page.text
    assert _state(api, session) == ("expired", "unpaid")


def test_a_page_that_was_paid_says_so_and_leads_to_the_order(api: Asking) -> None:
    session = api.session()
    api.pay(session["id"])
    for below in ("", "/bank"):
        page = api.http.get(f"/pay/{session['id']}{below}")
        assert page.status_code == 200
        assert ENGLISH["paid_title"] in page.text
        assert f"{SHOP}/orders/1/?session={session['id']}" in page.text
        assert "<form" not in page.text


def test_a_payment_that_is_on_its_way_is_not_called_paid(api: Asking) -> None:
    session = api.session()
    api.fault("payment", "async")
    assert _submit(api.http, session).status_code == 303
    page = api.http.get(f"/pay/{session['id']}")
    assert ENGLISH["underway_title"] in page.text
    assert ENGLISH["paid_title"] not in page.text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("below", ["", "/bank"])
def test_an_unknown_page_is_a_404_that_says_nothing_was_charged(http: FlaskClient, method: str, below: str) -> None:
    page = http.open(f"/pay/cs_none{below}", method=method, data=_typed())
    assert page.status_code == 404
    assert ENGLISH["unknown_title"] in page.text


@pytest.mark.parametrize(
    ("locale", "browser", "is_chinese"),
    [
        ("zh", "en", True),
        ("en", "zh-CN", False),
        ("auto", "zh-CN,zh;q=0.9", True),
        (None, "zh", True),
        (None, "fr", False),
    ],
)
def test_the_page_speaks_the_language_of_the_session_else_of_the_browser(
    api: Asking, locale: str | None, browser: str, is_chinese: bool
) -> None:
    session = api.session(locale=locale)
    page = api.http.get(f"/pay/{session['id']}", headers={"Accept-Language": browser})
    words = CHINESE if is_chinese else ENGLISH
    assert words["title"] in page.text
    assert page.headers["Content-Language"] == words["language"]
    assert f'<html lang="{words["language"]}">' in page.text
    assert ("€19.99" in page.text, "Month M" in page.text) == (True, True)


def test_both_languages_say_the_same_things() -> None:
    assert CHINESE.keys() == ENGLISH.keys()
    assert [name for name in ENGLISH if not CHINESE[name].strip()] == []


def test_yen_have_no_decimals(api: Asking) -> None:
    line = {"price_data": {"currency": "jpy", "unit_amount": 1200, "product_data": {"name": "Day"}}}
    page = api.http.get(f"/pay/{api.session(line_items=[line])['id']}")
    assert "¥1,200" in page.text
    assert "1,200.00" not in page.text


def test_what_the_shop_and_the_payer_write_is_text_and_never_markup(api: Asking) -> None:
    evil = "<script>alert(1)</script>\"'>"
    line = {"price_data": {"currency": "eur", "unit_amount": 500, "product_data": {"name": evil}}}
    session = api.session(line_items=[line])
    page = _submit(api.http, session, name=evil, expiry=evil)
    assert page.status_code == 422
    assert "<script" not in page.text


def test_a_form_of_ten_megabytes_is_refused(api: Asking) -> None:
    assert _submit(api.http, api.session(), name="a" * 10_000_000).status_code == 413
