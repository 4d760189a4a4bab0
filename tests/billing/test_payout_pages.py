"""Asking for one's credit on the page: behind the password, the sum as shown, and nobody else's."""

import time
import uuid
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import Subscriber
from billing import ledger
from billing.authority import Authority
from billing.models import Payout, PayoutState
from billing.paying_out import payouts_at_the_desk
from lib import clock
from tests.billing.money import give_credit
from tests.cast import anna, emma

IBAN = "DE89370400440532013000"
PAGE = "/credit/payout/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> Subscriber:
    owner = anna()
    give_credit(owner.lines[0], 1200)
    return owner


@pytest.fixture
def client(owner: Subscriber) -> Client:
    return browser_of(owner)


def browser_of(person: Subscriber, *, proven_seconds_ago: float | None = 0) -> Client:
    """Signed in; the password was typed again so long ago, or never."""
    browser = Client()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    if proven_seconds_ago is not None:
        session = browser.session
        at = time.time() - proven_seconds_ago
        session["account_authentication_methods"] = [{"method": "password", "at": at, "reauthenticated": True}]
        session["account_authentication_methods_user"] = str(person.pk)
        session.save()
    return browser


def form(**changes: str) -> dict[str, str]:
    return {"holder": "Anna Berg", "iban": IBAN, "bic": "", "other": "", "shown_minor": "1200"} | changes


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_page_says_what_one_gets_and_the_button_asks_for_it(client: Client) -> None:
    assert "€12.00 paid out" in text(client.get(PAGE))
    answer = client.post(PAGE, form(iban="de89 3704 0044 0532 0130 00"), follow=True)
    payout = Payout.objects.get()
    assert (payout.amount_minor, payout.bank_hint, payout.state) == (1200, "DE•••3000", PayoutState.REQUESTED)
    assert "Being checked" in text(answer)
    assert "DE•••3000" in text(client.get("/credit/"))
    assert IBAN not in text(answer)


def test_it_stands_behind_the_password_and_a_late_form_leaves_the_account_nowhere(owner: Subscriber) -> None:
    for proven in (None, 3600):
        browser = browser_of(owner, proven_seconds_ago=proven)
        assert "/reauthenticate/" in browser.get(PAGE)["Location"]
        assert browser.post(PAGE, form())["Location"] == PAGE
    assert not Payout.objects.exists()
    assert all(IBAN not in str(session.get_decoded()) for session in Session.objects.all())
    assert "/login/" in Client().get(PAGE)["Location"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"iban": "DE12 3456"}, "This is no IBAN"),
        ({"iban": ""}, "Give your IBAN."),
        ({"other": "Bank of Anywhere 1234"}, "not both"),
        ({"holder": " "}, "Write whose account it is"),
        ({"bic": "X"}, "8 or 11"),
        ({"shown_minor": "1300"}, "It is now €12.00"),
        ({"iban": "x" * 5000}, "at most"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_set_aside(client: Client, changes: dict[str, str], words: str) -> None:
    answer = client.post(PAGE, form(**changes))
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Payout.objects.exists()


def test_another_country_s_account_goes_in_free_text(client: Client) -> None:
    client.post(PAGE, form(iban="", other="Bank of China\nShanghai\n6222 0000 1234 5678"))
    assert Payout.objects.get().bank_hint == "•••5678"


def test_a_second_click_makes_no_second_pay_out(client: Client) -> None:
    assert client.post(PAGE, form()).status_code == 302
    assert client.post(PAGE, form()).status_code == 200
    assert Payout.objects.count() == 1


def test_it_can_be_taken_back_until_it_is_approved(client: Client, owner: Subscriber) -> None:
    client.post(PAGE, form())
    payout = Payout.objects.get()
    back = f"/credit/payout/{payout.pk}/cancel/"
    assert client.get(back).status_code == 405
    assert browser_of(emma()).post(back).status_code == 404
    assert client.post(f"/credit/payout/{uuid.uuid4()}/cancel/").status_code == 404
    assert "credit again" in text(client.post(back, follow=True))
    assert ledger.credit_of(owner.lines[0])[0].minor == 1200

    client.post(PAGE, form())
    open_one = Payout.objects.get(state=PayoutState.REQUESTED)
    payouts_at_the_desk.approve(open_one.pk, by=Authority(person_id=2_000_000_901, may_decide=True), now=clock.now())
    answer = client.post(f"/credit/payout/{open_one.pk}/cancel/", follow=True)
    assert "cannot be taken back any more" in text(answer)
    assert ledger.credit_of(owner.lines[0])[0].minor == 0


def test_without_paid_credit_the_page_says_so_and_the_credit_page_offers_nothing() -> None:
    person = emma()
    give_credit(person.lines[0], 300, bonus=True)
    browser = browser_of(person)
    assert "There is no credit to pay out" in text(browser.get(PAGE))
    assert "paid out" not in text(browser.get("/credit/"))


def test_a_refused_one_says_why(client: Client) -> None:
    client.post(PAGE, form())
    by = Authority(person_id=2_000_000_901, may_decide=True)
    payouts_at_the_desk.refuse(Payout.objects.get().pk, reason="Another name.", by=by, now=clock.now())
    assert "Not paid out: Another name." in text(client.get(PAGE))
    assert "Another name." in text(client.get("/credit/"))
