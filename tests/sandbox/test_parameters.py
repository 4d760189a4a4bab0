"""Parameters are checked against the SDK's own typed definitions and refused in Stripe's words."""

import time
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from sandbox.stripe_api.addresses import ADDRESSES
from tests.sandbox.asking import INTENTS, SESSIONS, Asking, flat, intent_wanted, refusal, session_wanted, told


def test_the_sdk_hears_stripes_own_words_about_a_typo(client: StripeClient) -> None:
    wanted: Any = session_wanted(succes_url="https://shop.example/")
    with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter: succes_url") as refused:
        client.v1.checkout.sessions.create(wanted)
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (
        400,
        "parameter_unknown",
        "succes_url",
    )


@pytest.mark.parametrize(
    ("fields", "words", "code", "param"),
    [
        ({"colour": "red"}, "Received unknown parameter: colour", "parameter_unknown", "colour"),
        (
            {"line_items[0][price_data][unit_amont]": "1"},
            "Received unknown parameter: line_items[0][price_data][unit_amont]",
            "parameter_unknown",
            "line_items[0][price_data][unit_amont]",
        ),
        ({"mode": "gift"}, "Invalid mode: must be one of payment, setup or subscription", None, "mode"),
        (
            {"line_items[0][quantity]": "two"},
            "Invalid integer: two",
            "parameter_invalid_integer",
            "line_items[0][quantity]",
        ),
        (
            {"line_items[0][quantity]": "1.5"},
            "Invalid integer: 1.5",
            "parameter_invalid_integer",
            "line_items[0][quantity]",
        ),
        (
            {"line_items[0][quantity]": "٣"},
            "Invalid integer: ٣",
            "parameter_invalid_integer",
            "line_items[0][quantity]",
        ),
        ({"line_items[0][quantity]": "0"}, "Quantity must be at least 1", None, "line_items[0][quantity]"),
        (
            {"line_items[0][price_data][unit_amount]": "-1"},
            "Invalid non-negative integer",
            "parameter_invalid_integer",
            "line_items[0][price_data][unit_amount]",
        ),
        ({"allow_promotion_codes": "yes"}, "Invalid boolean: yes", None, "allow_promotion_codes"),
        ({"success_url[0]": "https://a.example"}, "Invalid object: success_url", None, "success_url[0]"),
        ({"success_url": "javascript:alert(1)"}, "Not a valid URL", "url_invalid", "success_url"),
        ({"success_url": "http://["}, "Not a valid URL", "url_invalid", "success_url"),
        ({"cancel_url": "http://shop.example/\r\nSet-Cookie: a=b"}, "Not a valid URL", "url_invalid", "cancel_url"),
        ({"success_url": "http://商店.example/"}, "Not a valid URL", "url_invalid", "success_url"),
        ({"success_url": "http://a;script-src *.example/"}, "Not a valid URL", "url_invalid", "success_url"),
        ({"expires_at": str(int(time.time()) + 60)}, "must be at least 30 minutes", None, "expires_at"),
        ({"expires_at": str(int(time.time()) + 90_000)}, "less than 24 hours", None, "expires_at"),
        ({"customer": "cus_none"}, "You may only specify one of these parameters", "parameters_exclusive", None),
        ({"mode": "subscription"}, "The sandbox does not play this mode.", None, "mode"),
        ({"discounts[0][coupon]": "c"}, "The sandbox does not play this discounts.", None, "discounts"),
        ({"expand[0]": "colour"}, "This property cannot be expanded (colour).", None, "expand"),
        ({"expand": "payment_intent"}, "Invalid array", None, "expand"),
        ({"expand[1]": "payment_intent"}, "Invalid array", None, "expand"),
        ({"expand[0]": "a.b.c.d.e"}, "You cannot expand more than 4 levels of a property.", None, "expand"),
        ({"metadata": "all"}, "Invalid object", None, "metadata"),
        ({"metadata[k]": "x" * 501}, "Metadata keys have at most 40 characters, values at most 500.", None, "metadata"),
        ({"metadata[k][l]": "x"}, "Invalid string: metadata[k] takes no object", None, "metadata"),
        ({f"metadata[k{n}]": "x" for n in range(51)}, "Metadata can have at most 50 keys.", None, "metadata"),
        ({"client_reference_id": ""}, "You passed an empty string", "parameter_invalid_empty", "client_reference_id"),
        ({"a[b][c][d][e][f][g][h][i]": "1"}, "Parameters are nested too deeply.", None, "a[b][c][d][e][f][g][h][i]"),
        ({"a[": "1"}, "Invalid parameter name: a[", None, "a["),
        ({"client_reference_id": "a\x00b"}, "The request's body cannot be read.", None, None),
    ],
    ids=lambda value: next(iter(value), "")[:40] if isinstance(value, dict) else "",
)
def test_a_wrong_parameter_is_a_400_that_names_it_and_makes_nothing(
    api: Asking, fields: dict[str, str], words: str, code: str | None, param: str | None
) -> None:
    answer = api.post(SESSIONS, {**flat(session_wanted()), **fields})
    status, said, said_code, said_param = refusal(answer)
    assert (status, said_code, said_param) == (400, code, param), said
    assert words in said
    assert told(api.get(SESSIONS))["data"] == []


@pytest.mark.parametrize("name", ["mode", "line_items", "success_url"])
def test_a_missing_parameter_of_a_session_is_named(api: Asking, name: str) -> None:
    answer = api.post(SESSIONS, flat(session_wanted(**{name: None})))
    assert refusal(answer) == (400, f"Missing required param: {name}.", "parameter_missing", name)


@pytest.mark.parametrize("name", ["amount", "currency"])
def test_a_missing_parameter_of_an_intent_is_named(api: Asking, name: str) -> None:
    wanted = intent_wanted()
    del wanted[name]
    answer = api.post(INTENTS, flat(wanted))
    assert refusal(answer) == (400, f"Missing required param: {name}.", "parameter_missing", name)


@pytest.mark.parametrize("name", ["currency", "product_data", "unit_amount"])
def test_a_missing_part_of_a_price_is_named(api: Asking, name: str) -> None:
    wanted = session_wanted()
    del wanted["line_items"][0]["price_data"][name]
    param = f"line_items[0][price_data][{name}]"
    answer = api.post(SESSIONS, flat(wanted))
    assert refusal(answer) == (400, f"Missing required param: {param}.", "parameter_missing", param)


def test_lines_in_two_currencies_are_refused(api: Asking) -> None:
    lines = [
        {"price_data": {"currency": currency, "unit_amount": 500, "product_data": {"name": "A"}}}
        for currency in ("eur", "usd")
    ]
    assert refusal(api.post(SESSIONS, flat(session_wanted(line_items=lines))))[1] == (
        "All line items must have the same currency."
    )


def test_a_parameter_given_twice_is_refused(api: Asking) -> None:
    answer = api.post(INTENTS, "amount=100&amount=200&currency=eur", content_type="application/x-www-form-urlencoded")
    assert refusal(answer) == (400, "Parameter given twice: amount", None, "amount")


def test_json_is_no_language_of_this_api(api: Asking) -> None:
    answer = api.post(INTENTS, '{"amount": 100}', content_type="application/json")
    assert refusal(answer)[0] == 400
    assert "application/x-www-form-urlencoded" in refusal(answer)[1]


@pytest.mark.parametrize("body", [b"amount=%FF%FE", b"\xff\xfe=1", b"&".join([b"a=1"] * 5000)])
def test_a_body_that_cannot_be_read_is_a_400(api: Asking, body: bytes) -> None:
    answer = api.post(INTENTS, body, content_type="application/x-www-form-urlencoded")
    assert refusal(answer)[0] == 400


def test_yes_or_no_is_understood_where_words_are_too(api: Asking) -> None:
    paid = api.intent(confirm=True, off_session=True, payment_method="pm_card_visa")
    assert paid["status"] == "succeeded"
    answer = api.post(
        INTENTS, flat(intent_wanted(confirm=True, off_session="sometimes", payment_method="pm_card_visa"))
    )
    assert refusal(answer)[1] == "Invalid off_session: must be one of one_off or recurring"


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: f"{address.method} {address.path}")
def test_every_address_knows_its_definition_and_refuses_what_is_not_in_it(api: Asking, address: Any) -> None:
    path = address.path.replace("<id>", "none")
    ask = api.post if address.method == "POST" else api.get
    answer = ask(path, {"zzz": "1"})
    assert refusal(answer) == (400, "Received unknown parameter: zzz", "parameter_unknown", "zzz")
