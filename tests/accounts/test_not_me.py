"""'It was not me': who is told of a change locks the others out from the mail, within a day, once, by a button."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

from accounts import hold
from accounts.changing import notices, undoing
from accounts.devices import blocking, number_lock, porting
from accounts.devices.changing import By
from accounts.erasing import wishes
from accounts.models import PortOutCode, SignInChange, Subscriber
from accounts.models.porting import PORT_CODE_FOR
from accounts.my_data import addresses
from lib import clock
from notifications.models import Message
from notifications.my_data import written_to
from tests.accounts.devices import ask_for_swap, card_of, order_esim
from tests.accounts.test_changing import NEW_NUMBER, PASSWORD, change, text
from tests.accounts.walking import Visitor, codes, newest_code, sent
from tests.cast import anna, bao, line_of

# What is undone ends sessions once it is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def owner() -> Subscriber:
    person = anna()
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def thief(owner: Subscriber) -> Visitor:
    """Somebody who knows the password."""
    signed_in = Visitor("203.0.113.9")
    signed_in.sign_in("anna@example.com", PASSWORD)
    return signed_in


def take_email(thief: Visitor) -> None:
    change(thief, "/account/email/", action_add="", email="thief@example.com")
    thief.prove_email(dict(codes("email"))["thief@example.com"])


def link(address: str = "anna@example.com") -> str:
    """Of the newest notice to `address`."""
    told = Message.objects.filter(kind="security_notice", address=address).order_by("-created_at").first()
    assert told is not None
    return urlsplit(str(told.context["undo_url"])).path


def test_the_old_address_takes_the_account_back_and_the_thief_is_out(thief: Visitor, owner: Subscriber) -> None:
    line_of(NEW_NUMBER)
    take_email(thief)
    first = link()
    thief.post("/account/phone/change/", phone=NEW_NUMBER)
    thief.prove_number(newest_code("sms"))
    assert thief.where == "/home/"
    stranger = Visitor()
    page = text(stranger.get(first))
    assert "Lock them out" in page
    assert "thief@" not in page
    owner.refresh_from_db()
    assert owner.email == "thief@example.com"
    answer = text(stranger.post(first))
    owner.refresh_from_db()
    assert (owner.email, owner.msisdn) == ("anna@example.com", "+4917604069011")
    assert list(owner.emailaddress_set.values_list("email", "verified", "primary")) == [
        ("anna@example.com", True, True)
    ]
    assert thief.where == "/account/login/"
    thief.sign_in("thief@example.com", PASSWORD)
    assert thief.where == "/account/login/"
    assert hold.until(owner) is not None
    assert 'name="email" value="anna@example.com"' in answer
    assert "thief@example.com" in sent("security_notice")


def test_after_it_a_new_password_comes_by_the_old_address(thief: Visitor, owner: Subscriber) -> None:
    take_email(thief)
    visitor = Visitor()
    visitor.post(link())
    visitor.post("/account/password/reset/", email="anna@example.com")
    assert codes("email")[0][0] == "anna@example.com"
    visitor.post("/account/password/reset/confirm/", code=newest_code("email"))
    visitor.post(
        "/account/password/reset/complete/", password1="quite another secret", password2="quite another secret"
    )
    visitor.sign_in("anna@example.com", "quite another secret")
    assert visitor.where == "/home/"


def test_a_code_by_sms_alone_changes_nothing_even_after_it(thief: Visitor, owner: Subscriber) -> None:
    take_email(thief)
    Visitor().post(link())
    with_the_sim = Visitor("203.0.113.10")
    with_the_sim.post("/account/login/code/", phone="+4917604069011")
    with_the_sim.post("/account/login/code/confirm/", code=newest_code("sms"))
    assert with_the_sim.where == "/home/"
    asked = with_the_sim.post("/account/email/", action_add="", email="thief@example.com")
    assert "Type your password once more" in text(asked)
    asked = with_the_sim.post("/account/phone/change/", phone=NEW_NUMBER)
    assert "Type your password once more" in text(asked)
    owner.refresh_from_db()
    assert (owner.email, owner.msisdn) == ("anna@example.com", "+4917604069011")


def test_a_link_works_once_and_for_a_day(thief: Visitor, owner: Subscriber) -> None:
    take_email(thief)
    path = link()
    SignInChange.objects.update(changed_at=clock.real_now() - timedelta(hours=24))
    late = Visitor().post(path)
    assert (late.status_code, "This link is over" in text(late)) == (410, True)
    owner.refresh_from_db()
    assert owner.email == "thief@example.com"
    SignInChange.objects.update(changed_at=clock.real_now() - timedelta(hours=23))
    assert Visitor().post(path).status_code == 200
    assert Visitor().post(path).status_code == 410


def test_what_was_changed_is_forgotten_after_a_week_but_for_a_former_email(thief: Visitor, owner: Subscriber) -> None:
    take_email(thief)
    thief.post(
        "/account/password/change/", oldpassword=PASSWORD, password1="another long 7", password2="another long 7"
    )
    assert undoing.forget_old(real_now=clock.real_now()) == 0
    assert undoing.forget_old(real_now=clock.real_now() + timedelta(days=7)) == 1
    assert list(SignInChange.objects.values_list("part", "former")) == [("email", "anna@example.com")]


@pytest.mark.parametrize("token", ["x", "a:b:c", "é", "x" * 3000])
def test_a_link_that_is_none_is_not_there(token: str) -> None:
    assert Visitor().post(f"/account/not-me/{token}/").status_code == 404


def test_factors_of_the_thief_go_and_those_of_the_owner_stay(thief: Visitor, owner: Subscriber) -> None:
    take_email(thief)
    theirs = Authenticator.objects.create(user=owner, type="totp", data={"secret": "x"})
    RecoveryCodes.activate(owner)
    Visitor().post(link())
    assert not Authenticator.objects.filter(user=owner).exists()
    own = Authenticator.objects.create(user=owner, type="totp", data={"secret": "x"})
    Authenticator.objects.filter(pk=own.pk).update(created_at=clock.real_now() - timedelta(days=3))
    assert own.pk != theirs.pk
    SignInChange.objects.update(undone_at=None)
    Visitor().post(link())
    assert list(Authenticator.objects.filter(user=owner)) == [own]


def test_an_address_that_is_somebody_elses_by_now_is_not_taken_from_them(thief: Visitor, owner: Subscriber) -> None:
    take_email(thief)
    other = bao()
    Subscriber.objects.filter(pk=other.pk).update(email="anna@example.com")
    answer = text(Visitor().post(link()))
    owner.refresh_from_db()
    other.refresh_from_db()
    assert (owner.email, other.email) == ("", "anna@example.com")
    assert "Call us" in answer
    assert thief.where == "/account/login/"


def test_an_own_change_before_it_is_left_alone(owner: Subscriber) -> None:
    own = Visitor()
    own.sign_in("anna@example.com", PASSWORD)
    change(own, "/account/email/", action_add="", email="anna.new@example.com")
    own.prove_email(dict(codes("email"))["anna.new@example.com"])
    SignInChange.objects.update(changed_at=clock.real_now() - timedelta(hours=25))
    own.post(
        "/account/password/change/", oldpassword=PASSWORD, password1="thiefs own secret", password2="thiefs own secret"
    )
    Visitor().post(link("anna.new@example.com"))
    owner.refresh_from_db()
    assert owner.email == "anna.new@example.com"
    assert not owner.check_password("thiefs own secret")


def test_a_factor_that_is_removed_is_told_and_begins_a_hold(owner: Subscriber) -> None:
    own = Visitor()
    own.sign_in("anna@example.com", PASSWORD)
    Authenticator.objects.create(user=owner, type="totp", data={"secret": "x"})
    RecoveryCodes.activate(owner)
    asked = own.post("/account/2fa/totp/deactivate/")
    assert "Type your password once more" in text(asked)
    assert Authenticator.objects.filter(user=owner).count() == 2
    own.post("/account/reauthenticate/", password=PASSWORD, next="/account/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=owner).exists()
    assert hold.until(owner) is not None
    message = Message.objects.get(kind="security_notice")
    assert re.match("The second factor was switched off", str(message.context["what"]))
    assert str(message.context["undo_url"]).startswith("http://localhost")


def test_what_the_thief_has_asked_for_is_called_off_and_names_of_cards_stay(thief: Visitor, owner: Subscriber) -> None:
    sim = card_of(owner.lines[0], label="Phone")
    take_email(thief)
    number_lock.open_up(sim.line_id, subscriber=owner, by_second_factor=True)
    PortOutCode.objects.create(
        line=sim.line, subscriber=owner, made_at=clock.real_now(), until_at=clock.real_now() + PORT_CODE_FOR
    )
    swap, order = ask_for_swap(sim, owner), order_esim(sim.line, owner)
    wish = wishes.ask(owner, real_now=clock.real_now())
    Visitor().post(link())
    for row in (swap, order, wish, sim):
        row.refresh_from_db()
    assert (swap.state, order.state, wishes.open_wish(owner), sim.label) == ("cancelled", "failed", None, "Phone")
    assert (number_lock.is_open(sim.line), porting.standing(sim.line)) == (False, None)


def test_a_mailbox_of_today_proves_nothing_about_a_lost_sim(thief: Visitor, owner: Subscriber) -> None:
    sim = card_of(owner.lines[0])
    blocking.block(sim.pk, line_id=sim.line_id, by=By.owner(owner), now=clock.now())
    take_email(thief)
    before = sent("email_code")
    answer = text(thief.post(f"/devices/{sim.pk}/swap/code/"))
    assert sent("email_code") == before
    assert "no code goes there yet" in answer


def test_a_mailbox_of_today_gets_no_link_and_the_one_from_before_gets_all(thief: Visitor, owner: Subscriber) -> None:
    owner.refresh_from_db()
    take_email(thief)
    owner.refresh_from_db()
    assert owner.email == "thief@example.com"

    def told(name: str, to: str, former: str = "") -> bool:
        notices.tell(name, owner, to=to, former=former)
        return "undo_url" in Message.objects.filter(kind="security_notice").latest("created_at").context

    assert not told("password_changed", "thief@example.com")
    owner.email = "anna@example.com"  # they put it back, to keep a link of their own
    assert not told("email_changed", "thief@example.com", former="thief@example.com")
    assert told("password_changed", "anna@example.com")
    owner.email = "thief@example.com"  # and once more
    assert told("email_changed", "anna@example.com", former="anna@example.com")
    assert not told("totp_activated", "thief@example.com")


def test_what_was_written_to_a_mailbox_that_was_put_out_again_is_found(thief: Visitor, owner: Subscriber) -> None:
    take_email(thief)
    Visitor().post(link())
    owner.refresh_from_db()
    found = Message.objects.filter(written_to(addresses(owner)))
    theirs = Message.objects.filter(address="thief@example.com")
    assert set(theirs.values_list("kind", flat=True)) == {"email_code", "security_notice"}
    assert set(found.filter(address="thief@example.com")) == set(theirs)
    assert set(found.filter(address="anna@example.com")) == set(Message.objects.filter(address="anna@example.com"))
