"""Registering: prove the number, claim its line, prove the e-mail; and what a stranger can neither learn nor block."""

import re
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Consent, LineClaim, LineOwnership, Subscriber
from lib import clock
from lib.brand import brand
from tests.accounts.walking import PASSWORD, Visitor, codes, newest_code, sent
from tests.cast import anna, line_of

NUMBER, SPELLED, EMAIL = "+4917604069015", "0176 040 690 15", "diego@example.com"
NOT_OURS = "+491701234567"


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every step writes."""


def text(answer: object) -> str:
    content: bytes = getattr(answer, "content", b"")
    return content.decode()


def test_a_proven_number_signs_in_and_its_line_is_theirs() -> None:
    line = line_of(NUMBER)
    visitor = Visitor()
    visitor.sign_up(SPELLED, EMAIL)
    assert codes("sms") == [(NUMBER, newest_code("sms"))]
    assert not LineOwnership.objects.exists()
    visitor.prove_number()
    person = Subscriber.objects.get()
    assert (person.msisdn, person.msisdn_pending) == (NUMBER, "")
    assert LineOwnership.objects.get(until_at=None).line == line
    visitor.prove_email()
    assert visitor.where == "/home/"


def test_what_was_accepted_is_stored_with_the_version_of_its_text() -> None:
    line_of(NUMBER)
    Visitor().sign_up(SPELLED, EMAIL)
    stored = set(Consent.objects.values_list("kind", "text_version"))
    assert stored == {(kind, brand().versions[kind]) for kind in ("terms", "privacy")}


def test_without_the_box_nobody_is_registered_and_what_was_typed_stays() -> None:
    answer = Visitor().sign_up(SPELLED, EMAIL, terms="")
    assert "Tick the box" in text(answer)
    assert EMAIL in text(answer)
    assert SPELLED in text(answer) or NUMBER in text(answer)
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "spelling",
    [
        "+49 176 04069015", "0049 176 04069015", "0176/040690-15", "(0176) 04069015", "\u202a+4917604069015\u202c",
        "+４９１７６０４０６９０１５", "٠١٧٦٠٤٠٦٩٠١٥",
    ],
)  # fmt: skip
def test_one_number_in_every_spelling_is_one_number(spelling: str) -> None:
    line_of(NUMBER)
    Visitor().sign_up(spelling, EMAIL)
    assert [address for address, _code in codes("sms")] == [NUMBER]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "abc",
        "+",
        "123",
        "0" * 40,
        "+49" + "1" * 30,
        "📱",
        "+1' OR 1=1",
        "tel:+4917604069015;ext=1",
    ],
)
def test_what_is_no_number_is_said_beside_the_field_and_sends_nothing(typed: str) -> None:
    answer = Visitor().sign_up(typed, EMAIL)
    assert answer.status_code in {200, 422}
    assert "phone" in text(answer)
    assert not sent()
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "email",
    ["", "no", "a@b", "a@b.de\r\nBcc: x@y.de", "x" * 300 + "@example.com", "a\x00@example.com", "<script>@x.de"],
)
def test_what_is_no_email_is_refused(email: str) -> None:
    line_of(NUMBER)
    answer = Visitor().sign_up(NUMBER, email)
    assert answer.status_code in {200, 422}
    assert "<script>@" not in text(answer)
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("password", ["", "short", "12345678901234567890", "password1234"])
def test_a_weak_password_is_refused_with_the_reason(password: str) -> None:
    line_of(NUMBER)
    answer = Visitor().sign_up(NUMBER, EMAIL, password=password)
    assert not Subscriber.objects.exists()
    assert "password" in text(answer).lower()


def test_a_number_that_is_not_ours_sees_the_same_page_and_gets_nothing() -> None:
    line_of(NUMBER)
    ours, other = Visitor("198.51.100.1"), Visitor("198.51.100.2")
    page, same = text(ours.sign_up(NUMBER, EMAIL)), text(other.sign_up(NOT_OURS, "eve@example.com"))
    assert neutral(page, NUMBER, EMAIL) == neutral(same, NOT_OURS, "eve@example.com")
    assert [address for address, _code in codes("sms")] == [NUMBER]


def test_a_number_in_our_range_without_a_line_gets_nothing_either() -> None:
    Visitor().sign_up("+4917604069088", EMAIL)
    assert not codes("sms")


def test_a_registered_number_sees_the_same_page_and_only_its_phone_is_told() -> None:
    anna()
    line_of(NUMBER)
    known, new = Visitor("198.51.100.1"), Visitor("198.51.100.2")
    page = text(known.sign_up("+4917604069011", "mallory@example.com"))
    same = text(new.sign_up(NUMBER, EMAIL))
    assert neutral(page, "+4917604069011", "mallory@example.com") == neutral(same, NUMBER, EMAIL)
    assert sent("account_exists") == ["+4917604069011"]
    assert Subscriber.objects.get(msisdn="+4917604069011").email == "anna@example.com"


def test_a_registered_email_sees_the_same_page_and_only_its_owner_is_told() -> None:
    anna()
    line_of(NUMBER)
    line_of("+4917604069016")
    known, new = Visitor("198.51.100.1"), Visitor("198.51.100.2")
    page = text(known.sign_up("+4917604069016", "anna@example.com"))
    same = text(new.sign_up(NUMBER, EMAIL))
    assert neutral(page, "+4917604069016", "anna@example.com") == neutral(same, NUMBER, EMAIL)
    assert Subscriber.objects.filter(email="anna@example.com").count() == 1


def test_somebody_elses_unproven_sign_up_blocks_neither_number_nor_email() -> None:
    line_of(NUMBER)
    mallory, diego = Visitor("198.51.100.9"), Visitor("198.51.100.1")
    mallory.sign_up(NUMBER, "mallory@example.com")
    diego.sign_up(NUMBER, EMAIL)
    diego.prove_number()
    diego.prove_email()
    owner = Subscriber.objects.get(msisdn=NUMBER)
    assert owner.email == EMAIL
    assert LineOwnership.objects.get(until_at=None).subscriber == owner
    mallory.prove_number("000000")
    assert Subscriber.objects.get(msisdn=NUMBER) == owner


def test_an_email_somebody_else_typed_and_never_proved_is_free_after_a_quarter_of_an_hour() -> None:
    line_of(NUMBER)
    line_of("+4917604069016")
    Visitor("198.51.100.9").sign_up("+4917604069016", EMAIL)
    assert Subscriber.objects.get().msisdn is None
    Subscriber.objects.update(created_at=clock.real_now() - timedelta(minutes=16))
    diego = Visitor()
    diego.register(NUMBER, EMAIL)
    assert diego.where == "/home/"
    assert Subscriber.objects.get(email=EMAIL).msisdn == NUMBER


def test_a_limit_met_in_the_middle_is_a_page_that_says_wait(settings: Any) -> None:
    settings.SMS_CODES_PER_NUMBER_HOUR = 1
    line_of(NUMBER)
    Visitor().sign_up(NUMBER, EMAIL)
    answer = Visitor("198.51.100.2").sign_up(NUMBER, "second@example.com")
    assert answer.status_code == 429
    assert "That was too often" in text(answer)
    assert len(codes("sms")) == 1


def test_a_wrong_code_is_said_and_after_a_few_the_code_is_burnt() -> None:
    line_of(NUMBER)
    visitor = Visitor()
    visitor.sign_up(NUMBER, EMAIL)
    right = newest_code("sms")
    wrong = "000000" if right != "000000" else "111111"
    for _try in range(4):
        visitor.prove_number(wrong)
    visitor.prove_number(right)
    assert not LineOwnership.objects.exists()
    assert Subscriber.objects.filter(msisdn=NUMBER).count() == 0


@pytest.mark.parametrize("code", ["", "abc", "1", "9" * 400, "12\x003456", "１２３４５６", "-1"])
def test_a_code_that_is_none_is_a_message_and_no_error(code: str) -> None:
    line_of(NUMBER)
    visitor = Visitor()
    visitor.sign_up(NUMBER, EMAIL)
    answer = visitor.post("/account/phone/verify/", code=code)
    assert answer.status_code in {200, 422}
    assert not LineOwnership.objects.exists()


def test_the_code_works_in_the_session_that_asked_for_it_and_nowhere_else() -> None:
    line_of(NUMBER)
    first, second = Visitor(), Visitor("198.51.100.2")
    first.sign_up(NUMBER, EMAIL)
    code = newest_code("sms")
    line_of("+4917604069016")
    second.sign_up("+4917604069016", "other@example.com")
    second.prove_number(code)
    assert not LineOwnership.objects.exists()


def test_a_line_somebody_owns_is_asked_for_and_not_taken() -> None:
    owner = anna()
    Subscriber.objects.filter(pk=owner.pk).update(msisdn=None)  # she signs in by e-mail only
    visitor = Visitor()
    visitor.sign_up("+4917604069011", EMAIL)
    visitor.prove_number()
    assert LineOwnership.objects.get(until_at=None).subscriber == owner
    assert LineClaim.objects.get().subscriber.email == EMAIL
    assert sent("line_claim") == ["anna@example.com"]


def neutral(page: str, number: str, email: str) -> str:
    """A page without what the visitor typed and without tokens."""
    page = re.sub(r'(csrfmiddlewaretoken" value|nonce|name="csrf-token" content)="[^"]*"', "", page)
    for typed in (number, email, number[1:], re.sub(r"\D", "", number)[2:]):
        page = page.replace(typed, "•")
    return re.sub(r"\+[\d\s\u00a0]{6,}", "•", page)


def test_the_password_is_long_enough_and_kept_as_it_is() -> None:
    line_of(NUMBER)
    Visitor().register(NUMBER, EMAIL)
    person = Subscriber.objects.get()
    assert person.check_password(PASSWORD)
