"""The inbox: messages come in once, are found again, and cannot do harm on the page."""

import hashlib
import hmac
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sandbox.inbox import replies
from sandbox.inbox.sms_length import sms_length
from tests.sandbox.asking import told


def _post(http: FlaskClient, **changes: Any) -> TestResponse:
    message = {"channel": "sms", "to": "+4917604069012", "sender": "Refill", "text": "Your code is 123456", **changes}
    return http.post("/inbox/messages", json=message)


def _kept(http: FlaskClient, **asked: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = told(http.get("/inbox/messages.json", query_string=asked))["messages"]
    return messages


def test_a_message_is_kept_as_it_came(http: FlaskClient) -> None:
    answer = _post(
        http, channel="email", to="anna@example.com", subject="Renewed", html="<p>Hello</p>", reference="m-1"
    )
    assert answer.status_code == 201
    (kept,) = _kept(http)
    times = [kept.pop(name) for name in ("received_at", "clock_at")]
    assert kept == {
        "id": told(answer)["id"],
        "channel": "email",
        "to": "anna@example.com",
        "sender": "Refill",
        "subject": "Renewed",
        "text": "Your code is 123456",
        "html": "<p>Hello</p>",
        "reference": "m-1",
    }
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", time) for time in times)


def test_a_reference_makes_one_message_for_each_channel_and_address(http: FlaskClient) -> None:
    first = _post(http, reference="m-1")
    again = _post(http, reference="m-1", text="Something else")
    assert (first.status_code, again.status_code) == (201, 200)
    assert told(again)["id"] == told(first)["id"]
    assert _post(http, reference="m-1", channel="email", to="anna@example.com").status_code == 201
    assert _post(http, reference="m-1", to="+4917604069013").status_code == 201
    assert _post(http, reference="m-2").status_code == 201
    assert [kept["text"] for kept in _kept(http, to="+4917604069012")] == ["Your code is 123456"] * 2


def test_messages_without_a_reference_are_all_kept(http: FlaskClient) -> None:
    assert [_post(http).status_code for _ in range(2)] == [201, 201]
    assert len(_kept(http)) == 2


def test_messages_are_found_by_a_part_of_the_address_and_by_channel_newest_first(http: FlaskClient) -> None:
    _post(http, text="one")
    _post(http, text="two", to="+4917604069013")
    _post(http, text="three", channel="email", to="Anna@Example.com", subject="Hello")
    assert [kept["text"] for kept in _kept(http)] == ["three", "two", "one"]
    assert [kept["text"] for kept in _kept(http, to="+49176040690")] == ["two", "one"]
    assert [kept["text"] for kept in _kept(http, to="anna@")] == ["three"]
    assert [kept["text"] for kept in _kept(http, channel="sms", to="13")] == ["two"]
    assert [kept["text"] for kept in _kept(http, limit="1")] == ["three"]
    assert _kept(http, channel="pigeon") == []
    assert _kept(http, to="%") == []
    page = http.get("/inbox?to=13&channel=sms").text
    assert ("two" in page, "three" in page) == (True, False)
    assert "Nothing here for that filter" in http.get("/inbox?to=nobody").text


def test_an_empty_inbox_says_what_will_land_in_it(http: FlaskClient) -> None:
    assert "Nothing was sent yet" in http.get("/inbox").text


def test_all_messages_can_be_thrown_away(http: FlaskClient) -> None:
    _post(http)
    assert http.delete("/inbox/messages").json == {"removed": 1}
    assert _kept(http) == []


def test_the_time_on_the_page_is_the_turned_clocks(http: FlaskClient) -> None:
    http.post("/clock", json={"offset_seconds": 400 * 86_400})
    _post(http)
    (kept,) = _kept(http)
    assert int(kept["clock_at"][:4]) - int(kept["received_at"][:4]) in {1, 2}
    assert kept["clock_at"][:10] in http.get("/inbox").text


def test_an_e_mail_is_shown_in_a_room_without_scripts(http: FlaskClient) -> None:
    html = '<html><head><title>x</title></head><body onload="alert(1)"><script>alert(2)</script><a href="http://localhost:8000/">Go</a></body></html>'
    message_id = told(_post(http, channel="email", to="anna@example.com", subject="<b>Hi</b>", html=html))["id"]
    page = http.get(f"/inbox/{message_id}").text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert f'src="/inbox/{message_id}/html"' in page
    assert ("<b>Hi</b>" in page, "&lt;b&gt;Hi&lt;/b&gt;" in page) == (False, True)
    mail = http.get(f"/inbox/{message_id}/html")
    assert mail.text == html.replace("<head>", '<head><base target="_blank">')
    policy = mail.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';")
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy


def test_a_text_is_text_and_never_markup(http: FlaskClient) -> None:
    evil = "<script>alert(1)</script>"
    _post(http, text=evil, sender=evil, to=evil)
    page = http.get("/inbox").text
    assert evil not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


@pytest.mark.parametrize(
    ("text", "characters", "parts", "alphabet"),
    [
        ("a" * 160, 160, 1, "GSM-7"),
        ("a" * 161, 161, 2, "GSM-7"),
        ("a" * 306, 306, 2, "GSM-7"),
        ("a" * 307, 307, 3, "GSM-7"),
        ("€" * 80, 80, 1, "GSM-7"),
        ("€" * 81, 81, 2, "GSM-7"),
        ("a" * 152 + "€" + "a" * 152, 305, 3, "GSM-7"),
        ("已" * 70, 70, 1, "UCS-2"),
        ("已" * 71, 71, 2, "UCS-2"),
        ("已" * 134, 134, 2, "UCS-2"),
        ("已" * 135, 135, 3, "UCS-2"),
        ("😀" * 35, 35, 1, "UCS-2"),
        ("😀" * 36, 36, 2, "UCS-2"),
        ("a" * 70 + "ç", 71, 2, "UCS-2"),
        ("Ç" * 160, 160, 1, "GSM-7"),
        ("Größe: 5 GB für 19,99 €\n", 24, 1, "GSM-7"),
    ],
)
def test_the_length_of_an_sms_is_counted_as_networks_count_it(
    http: FlaskClient, text: str, characters: int, parts: int, alphabet: str
) -> None:
    length = sms_length(text)
    assert (length.characters, length.parts, length.alphabet) == (characters, parts, alphabet)
    _post(http, text=text)
    (kept,) = _kept(http)
    assert (kept["characters"], kept["parts"]) == (characters, parts)
    assert f"{characters} characters, {parts} SMS, {alphabet}" in http.get("/inbox").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channel": "pigeon"}, "channel must be sms or email."),
        ({"channel": ["sms"]}, "channel must be sms or email."),
        ({"channel": None}, "channel must be sms or email."),
        ({"to": ""}, "to must name somebody."),
        ({"to": 49176}, "to must be a text of at most 320 characters."),
        ({"to": "9" * 321}, "to must be a text of at most 320 characters."),
        ({"text": ""}, "text or html must say something."),
        ({"text": {"a": 1}}, "text must be a text of at most 200000 characters."),
        ({"text": "a" * 200_001}, "text must be a text of at most 200000 characters."),
        ({"subject": "a" * 1001}, "subject must be a text of at most 1000 characters."),
    ],
)
def test_a_message_that_is_none_is_refused_in_words(http: FlaskClient, changes: dict[str, Any], words: str) -> None:
    answer = _post(http, **changes)
    assert (answer.status_code, told(answer)["error"]) == (422, words)
    assert _kept(http) == []


def test_odd_characters_are_kept_and_shown(http: FlaskClient) -> None:
    odd = "NUL \x00, bell \x07, right-to-left \u202e abc, emoji 👩‍👩‍👧, 已续费"
    _post(http, text=odd)
    assert _kept(http)[0]["text"] == odd
    assert "已续费" in http.get("/inbox").text


def test_an_unknown_message_is_a_404(http: FlaskClient) -> None:
    assert http.get("/inbox/none").status_code == 404
    assert http.get("/inbox/none/html").status_code == 404


def test_a_mail_that_takes_replies_is_answered_as_its_reader_would_and_signed(
    http: FlaskClient, app: Flask, monkeypatch: Any
) -> None:
    sent: list[tuple[str, dict[str, list[str]]]] = []

    def post(address: str, body: str) -> int:
        sent.append((address, parse_qs(body)))
        return 200

    monkeypatch.setattr(replies, "_posted", post)
    running = app.extensions["sandbox"]
    posted = {"channel": "email", "to": "anna@example.com", "subject": "Hello", "reply_to": "reply+x@in.example"}
    page = f"/inbox/{told(_post(http, **posted))['id']}"
    assert "Reply, as" not in http.get(page).text
    assert http.post(f"{page}/reply", data={"text": "Yes."}).status_code == 422

    app.extensions["sandbox"] = replace(running, configuration=replace(running.configuration, reply_key="key"))
    assert "Reply, as anna@example.com" in http.get(page).text
    assert http.post(f"{page}/reply", data={"text": " "}).status_code == 422
    assert http.post(f"{page}/reply", data={"text": "Yes."}).status_code == 303
    ((address, fields),) = sent
    assert address.endswith("/webhooks/replies/")
    signed = hmac.new(b"key", (fields["timestamp"][0] + fields["token"][0]).encode(), hashlib.sha256).hexdigest()
    assert fields["signature"] == [signed]
    assert (fields["recipient"], fields["sender"]) == (["reply+x@in.example"], ["anna@example.com"])
    assert fields["body-plain"][0].startswith("Yes.\n\nOn Monday, Refill wrote:\n> Your code")
    assert "Reply, as" not in http.get(f"/inbox/{told(_post(http))['id']}").text
