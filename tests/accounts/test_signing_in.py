"""Signing in by number or e-mail, with password or code; getting back in; and what a guesser learns."""

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from accounts.models import Subscriber
from lib.models import Alarm
from notifications.models import Message
from tests.accounts.devices import give_factor
from tests.accounts.walking import Visitor, codes, newest_code, sent
from tests.cast import anna, line_of

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def owner(db: None) -> Subscriber:
    """Anna, whose number and e-mail are proven."""
    person = anna()
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    return person


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize(
    "login",
    [
        "+4917604069011", "+49 176 040690 11", "0049 176 04069011", "0176 04069011", "0176/040-690-11", "０１７６０４０６９０１１",
        "٠١٧٦٠٤٠٦٩٠١١", "\u200e+4917604069011\u200e", "anna@example.com", "ANNA@Example.COM", " anna@example.com ",
    ],
)  # fmt: skip
def test_number_in_any_spelling_and_email_in_any_case_sign_in(login: str) -> None:
    visitor = Visitor()
    visitor.sign_in(login, PASSWORD)
    assert visitor.where == "/home/"


@pytest.mark.parametrize(
    "login", ["", "x", "@", "+", "9" * 400, "a" * 300 + "@example.com", "anna\x00@example.com", "📱", "' OR 1=1 --"]
)
def test_what_cannot_be_a_login_is_a_message(login: str) -> None:
    visitor = Visitor()
    answer = visitor.sign_in(login, PASSWORD)
    assert answer.status_code in {200, 422}
    assert visitor.where == "/account/login/"


@pytest.mark.parametrize("password", ["", "wrong", "x" * 5000, "correct horse battery\x00"])
def test_a_wrong_password_signs_nobody_in_and_says_so(password: str) -> None:
    visitor = Visitor()
    answer = visitor.sign_in("anna@example.com", password)
    assert answer.status_code in {200, 422}
    assert visitor.where == "/account/login/"


def test_known_and_unknown_see_the_same_after_a_wrong_password() -> None:
    pages = [
        neutral(text(Visitor(f"198.51.100.{number}").sign_in(login, "wrong password")), login)
        for number, login in enumerate(["anna@example.com", "nobody@example.com"])
    ]
    assert pages[0] == pages[1]
    numbers = [
        neutral(text(Visitor(f"198.51.100.{number}").sign_in(login, "wrong password")), login)
        for number, login in enumerate(["+4917604069011", "+4917604069099"])
    ]
    assert numbers[0] == numbers[1]


def test_guessing_a_password_is_stopped_and_another_place_still_gets_in() -> None:
    guesser = Visitor("203.0.113.66")
    answers = [text(guesser.sign_in("anna@example.com", f"guess {number}")) for number in range(12)]
    assert "Too many failed" in answers[-1] or "too often" in answers[-1].lower()
    guesser.sign_in("anna@example.com", PASSWORD)
    assert guesser.where == "/account/login/"


@pytest.mark.parametrize(
    ("login", "channel", "address"),
    [("0176 04069011", "sms", "+4917604069011"), ("anna@example.com", "email", "anna@example.com")],
)
def test_a_code_signs_in_and_works_once(login: str, channel: str, address: str) -> None:
    visitor = Visitor()
    ask_for_code(visitor, login)
    assert codes(channel)[0][0] == address
    code = newest_code(channel)
    visitor.post("/account/login/code/confirm/", code=code)
    assert visitor.where == "/home/"
    again = Visitor("198.51.100.2")
    again.post("/account/login/code/confirm/", code=code)
    assert again.where == "/account/login/"


def test_a_code_is_burnt_after_a_few_wrong_ones() -> None:
    visitor = Visitor()
    ask_for_code(visitor, "0176 04069011")
    right = newest_code("sms")
    for _try in range(4):
        visitor.post("/account/login/code/confirm/", code="000000" if right != "000000" else "111111")
    visitor.post("/account/login/code/confirm/", code=right)
    assert visitor.where == "/account/login/"


def test_asking_a_code_for_nobody_looks_the_same_and_sends_nothing() -> None:
    for known, unknown in (("anna@example.com", "nobody@example.com"), ("+4917604069011", "+4917604069099")):
        page = neutral(text(ask_for_code(Visitor("198.51.100.1"), known)), known)
        same = neutral(text(ask_for_code(Visitor("198.51.100.2"), unknown)), unknown)
        assert page == same
    assert set(sent()) == {"anna@example.com", "+4917604069011"}


def test_a_forgotten_password_is_set_anew_by_a_code_and_other_sessions_end() -> None:
    elsewhere = Visitor("198.51.100.7")
    elsewhere.sign_in("anna@example.com", PASSWORD)
    visitor = Visitor()
    visitor.post("/account/password/reset/", email="anna@example.com")
    page = visitor.post("/account/password/reset/confirm/", code=newest_code("email"))
    assert "password1" in text(page)
    visitor.post(
        "/account/password/reset/complete/", password1="another long secret 7", password2="another long secret 7"
    )
    assert Subscriber.objects.get().check_password("another long secret 7")
    assert sent("security_notice") == ["anna@example.com"]
    assert elsewhere.where == "/account/login/"
    fresh = Visitor("198.51.100.3")
    fresh.sign_in("anna@example.com", "another long secret 7")
    assert fresh.where == "/home/"


def test_resetting_for_nobody_looks_the_same_and_sends_nothing() -> None:
    page = neutral(text(Visitor().post("/account/password/reset/", email="anna@example.com")), "anna@example.com")
    same = neutral(
        text(Visitor("198.51.100.2").post("/account/password/reset/", email="nobody@example.com")), "nobody@example.com"
    )
    assert page == same
    assert sent() == ["anna@example.com"]


def test_sessions_are_listed_and_the_others_can_be_ended() -> None:
    here, there = Visitor("198.51.100.1"), Visitor("198.51.100.2")
    here.sign_in("anna@example.com", PASSWORD)
    there.sign_in("anna@example.com", PASSWORD)
    page = text(here.get("/account/sessions/"))
    assert "198.51.100.1" in page
    assert "198.51.100.2" in page
    here.post("/account/sessions/")
    assert here.where == "/home/"
    assert there.where == "/account/login/"


def test_the_session_changes_its_name_at_sign_in_and_dies_at_sign_out() -> None:
    visitor = Visitor()
    visitor.get("/account/login/")
    visitor.sign_in("anna@example.com", PASSWORD)
    key = visitor.client.session.session_key
    visitor.post("/account/logout/")
    assert visitor.where == "/account/login/"
    assert not Session.objects.filter(session_key=key).exists()


def test_an_account_that_may_not_sign_in_gets_no_session() -> None:
    Subscriber.objects.update(is_active=False)
    visitor = Visitor()
    visitor.sign_in("anna@example.com", PASSWORD)
    assert visitor.where == "/account/login/"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https:evil.example",
        "//evil.example@localhost",
    ],
)
def test_after_signing_in_nobody_is_sent_elsewhere(target: str) -> None:
    visitor = Visitor()
    answer = visitor.client.post("/account/login/", {"login": "anna@example.com", "password": PASSWORD, "next": target})
    assert answer.status_code == 302
    assert answer["Location"] == "/home/"


def test_no_code_stands_anywhere_in_clear(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    visitor = Visitor()
    ask_for_code(visitor, "0176 04069011")
    code = newest_code("sms")
    row = Message.objects.get()
    assert code not in str({**row.__dict__, "secret": None})
    assert code.encode() not in bytes(row.secret or b"")
    assert code not in capsys.readouterr().out + caplog.text


def test_ten_thousand_neighbours_cost_at_most_the_cap(settings: Any) -> None:
    settings.SMS_CODES_PER_PREFIX_HOUR = 20
    settings.SMS_CODES_PER_ADDRESS_HOUR = 10_000
    from allauth.core.exceptions import RateLimited

    from accounts.sms_limits import count_or_refuse

    let_through = 0
    for number in range(0, 10_000, 3):  # each third tells as much, in a third of the time
        try:
            count_or_refuse(f"+491760406{number:04}", address=f"203.0.113.{number % 250}")
            let_through += 1
        except RateLimited:
            continue
    assert let_through == 10 * 20


def test_one_number_one_place_and_one_day_have_their_caps(settings: Any) -> None:
    line_of("+4917604069016")
    settings.SMS_CODES_PER_NUMBER_HOUR = 2
    for number in range(5):
        ask_for_code(Visitor(f"198.51.100.{number}"), "+4917604069011")
    assert sent().count("+4917604069011") == 2
    settings.SMS_CODES_PER_DAY = 1
    answer = ask_for_code(Visitor("198.51.100.77"), "+4917604069012")
    assert answer.status_code == 429
    assert Alarm.objects.get().kind == "sms.budget"


def ask_for_code(visitor: Visitor, login: str) -> Any:
    field = "email" if "@" in login else "phone"
    return visitor.post("/account/login/code/", **{field: login})


def neutral(page: str, login: str) -> str:
    page = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", page)
    digits = re.sub(r"\D", "", login)
    for typed in filter(None, (login, login[1:], digits[2:])):
        page = page.replace(typed, "•")
    return re.sub(r"\+[\d\s\u00a0]{6,}", "•", page)


def test_after_a_code_the_second_step_speaks_of_no_password(owner: Subscriber) -> None:
    give_factor(owner)
    visitor = Visitor()
    ask_for_code(visitor, "0176 04069011")
    visitor.post("/account/login/code/confirm/", code=newest_code("sms"))
    page = text(visitor.get("/account/2fa/authenticate/"))
    assert "One step is left: show that it is you." in page
    assert "password is right" not in page
