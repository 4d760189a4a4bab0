"""Changing how one signs in: proven anew, the old address told, lines untouched."""

from typing import Any

import pytest

from accounts import hold
from accounts.models import Subscriber
from notifications import choices
from tests.accounts.walking import Visitor, codes, newest_code, sent
from tests.cast import anna, bao, line_of

PASSWORD = "correct horse battery"
NEW_NUMBER = "+4917604069016"


@pytest.fixture(autouse=True)
def owner(db: None) -> Subscriber:
    person = anna()
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def visitor(owner: Subscriber) -> Visitor:
    signed_in = Visitor()
    signed_in.sign_in("anna@example.com", PASSWORD)
    return signed_in


def text(answer: Any) -> str:
    return str(answer.content.decode())


def change(visitor: Visitor, path: str, **fields: str) -> None:
    """Send the form; the password is asked for once more, and then what was typed is carried out."""
    asked = visitor.post(path, **fields)
    assert "Type your password once more" in text(asked)
    visitor.post("/account/reauthenticate/", password=PASSWORD, next=path)


def test_without_the_password_nothing_is_changed(visitor: Visitor, owner: Subscriber) -> None:
    visitor.post("/account/email/", action_add="", email="anna.new@example.com")
    visitor.post("/account/reauthenticate/", password="wrong", next="/account/email/")
    assert not codes("email")
    owner.refresh_from_db()
    assert owner.email == "anna@example.com"


def test_a_new_email_counts_once_its_code_is_typed_and_the_old_address_is_told(
    visitor: Visitor, owner: Subscriber
) -> None:
    change(visitor, "/account/email/", action_add="", email="anna.new@example.com")
    owner.refresh_from_db()
    assert owner.email == "anna@example.com"
    visitor.prove_email(dict(codes("email"))["anna.new@example.com"])
    owner.refresh_from_db()
    assert owner.email == "anna.new@example.com"
    assert "anna@example.com" in sent("security_notice")
    assert hold.until(owner) is not None


def test_somebody_elses_email_is_not_taken_and_not_betrayed(visitor: Visitor, owner: Subscriber) -> None:
    other = bao()
    other.emailaddress_set.create(email=other.email, verified=True, primary=True)
    change(visitor, "/account/email/", action_add="", email="bao@example.com")
    assert codes("email")[0][0] == "bao@example.com"
    answer = visitor.prove_email()
    assert answer.status_code < 500
    owner.refresh_from_db()
    assert owner.email == "anna@example.com"
    assert Subscriber.objects.get(msisdn=other.msisdn).email == "bao@example.com"


def test_a_new_number_counts_once_its_code_is_typed_and_moves_no_line(visitor: Visitor, owner: Subscriber) -> None:
    line_of(NEW_NUMBER)
    before = list(owner.lines)
    change(visitor, "/account/phone/change/", phone=NEW_NUMBER)
    owner.refresh_from_db()
    assert owner.msisdn == "+4917604069011"
    visitor.prove_number(newest_code("sms"))
    owner.refresh_from_db()
    assert owner.msisdn == NEW_NUMBER
    assert before[0] in list(owner.lines)
    assert sent("security_notice") == ["anna@example.com"]
    assert hold.until(owner) is not None


def test_a_new_password_wants_the_old_one_and_ends_other_sessions(visitor: Visitor, owner: Subscriber) -> None:
    elsewhere = Visitor("198.51.100.9")
    elsewhere.sign_in("anna@example.com", PASSWORD)
    new = "another long secret 7"
    visitor.post("/account/password/change/", oldpassword="wrong", password1=new, password2=new)
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)
    visitor.post("/account/password/change/", oldpassword=PASSWORD, password1=new, password2=new)
    owner.refresh_from_db()
    assert owner.check_password(new)
    assert sent("security_notice") == ["anna@example.com"]
    assert hold.until(owner) is not None
    assert elsewhere.where == "/account/login/"


def test_what_somebody_chose_at_the_old_address_holds_at_the_new_one(visitor: Visitor, owner: Subscriber) -> None:
    choices.choose("anna@example.com", "receipt", is_wanted=False)
    change(visitor, "/account/email/", action_add="", email="anna.new@example.com")
    visitor.prove_email(dict(codes("email"))["anna.new@example.com"])
    assert choices.wanted("anna.new@example.com")["receipt"] is False
    assert choices.wanted("anna@example.com")["receipt"] is True
