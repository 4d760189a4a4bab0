"""A sign-in with a device nobody has seen is told by e-mail; one's own stays quiet."""

import pytest

from accounts import known_devices
from accounts.models import Subscriber
from notifications.models import Message
from tests.accounts.walking import Visitor
from tests.cast import anna, bao

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Subscriber:
    person = anna()
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    return person


def sign_in(visitor: Visitor, person: str = "anna@example.com") -> None:
    visitor.sign_in(person, PASSWORD)
    visitor.post("/account/logout/")


def told() -> list[str]:
    return list(Message.objects.filter(kind="new_sign_in").order_by("pk").values_list("address", flat=True))


def test_the_first_sign_in_of_all_and_each_with_the_same_device_are_quiet(owner: Subscriber) -> None:
    phone = Visitor()
    sign_in(phone)
    sign_in(phone)
    assert told() == []


def test_another_device_is_told_of_with_what_it_is_and_known_from_then_on(owner: Subscriber) -> None:
    sign_in(Visitor())
    strange = Visitor()
    strange.client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
    sign_in(strange)
    sign_in(strange)
    assert told() == ["anna@example.com"]
    message = Message.objects.get(kind="new_sign_in")
    assert message.context["device"] == "Firefox · Windows"
    assert message.context["url"].endswith("/account/sessions/")


def test_a_device_that_two_people_use_is_known_to_both(owner: Subscriber) -> None:
    other = bao()
    other.emailaddress_set.create(email=other.email, verified=True, primary=True)
    for person in ("anna@example.com", "bao@example.com"):
        sign_in(Visitor(), person)
    tablet = Visitor()
    for _time in range(2):
        sign_in(tablet)
        sign_in(tablet, "bao@example.com")
    assert told() == ["anna@example.com", "bao@example.com"]


@pytest.mark.parametrize("forged", ["", ".", "x" * 32, "é" * 32, ".".join(["0" * 32] * 500)])
def test_no_other_cookie_makes_a_device_known(owner: Subscriber, forged: str) -> None:
    sign_in(Visitor())
    strange = Visitor()
    strange.client.cookies[known_devices.COOKIE] = forged
    sign_in(strange)
    assert told() == ["anna@example.com"]


def test_the_cookie_is_out_of_reach_for_scripts_and_names_nobody(owner: Subscriber) -> None:
    phone = Visitor()
    sign_in(phone)
    cookie = phone.client.cookies[known_devices.COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert len(cookie.value) == 32
