"""Paying for somebody else in a browser: a guest, a link, a payee; taken back from the mail's address, and let go in silence."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from billing import ledger
from billing.for_others import links
from billing.models import GuestTopUp, Order, OrderState, TopUpLink
from billing.paying import ways_to_pay
from lib import clock
from tests.cast import anna, bao
from tests.sandbox_process import PAYS
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
OURS, NOBODYS = "+49 176 04069011", "+49 176 04069099"


@pytest.fixture
def walker(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Somebody nobody knows; card and PayPal are open."""
    ways_to_pay.learn()
    walker = Walker(browser, worker)
    try:
        yield walker
        assert walker.complaints == []
    finally:
        walker.close(tmp_path / "last-page.png")


def choose(walker: Walker, *, way: str = "card") -> None:
    """From the choice to the payment page."""
    walker.page.locator(f"input[name=way][value={way}]").check()
    walker.page.locator("input[name=email]").fill("grandma@example.com")
    walker.press("Continue")
    walker.sees("You pay")
    walker.press(re.compile("Order and pay €10.00"))
    walker.page.wait_for_url("**/pay/cs_test_*")


def type_number(walker: Walker, number: str) -> None:
    walker.go("/")
    walker.press("Top up somebody’s number, without an account")
    walker.page.locator("input[name=number]").fill(number)
    walker.page.locator("input[name=again]").fill(number)
    walker.press("Continue")


def pay(walker: Walker, card: str = PAYS) -> None:
    walker.pay_by_card(card)
    walker.page.wait_for_url("**/top-ups/**")


def credit() -> int:
    return ledger.credit_of(TopUpLink.objects.get().line if TopUpLink.objects.exists() else Order.objects.get().line)[
        0
    ].minor


def mail(walker: Walker, kind: str) -> str:
    """The newest e-mail to the payer whose text has these words."""
    sent = walker.portal.sandbox.messages(channel="email", to="grandma@example.com")
    return next((str(one["text"]) for one in sent if kind in one["text"]), "")


def test_a_guest_pays_sees_that_it_worked_and_takes_it_back_from_the_mail(walker: Walker) -> None:
    anna()
    type_number(walker, OURS)
    walker.sees(f"Top up {OURS}")
    choose(walker)
    pay(walker)
    walker.sees(f"€10.00 for {OURS} has arrived")
    walker.sees("Wrong number or sum?")
    assert credit() == 1000
    sms = until(lambda: walker.portal.sandbox.messages(channel="sms"))
    assert "Somebody added" in sms[0]["text"]
    text = until(lambda: mail(walker, "you can take it back here"))
    address = re.search(r"http\S+/top-ups/\S+/", text)
    assert address
    walker.page.context.clear_cookies()
    walker.page.goto(address[0])
    walker.press("Take it back")
    walker.sees("Taken back: €10.00")
    expect(walker.page.get_by_role("button", name="Take it back")).to_have_count(0)
    until(lambda: Order.objects.get().state == OrderState.REVERSED)
    assert credit() == 0
    until(lambda: any("taken it back" in one["text"] for one in walker.portal.sandbox.messages(channel="sms")))
    assert broken() == {}


def test_a_number_that_is_nobodys_looks_the_same_until_the_bank_has_said_yes(walker: Walker) -> None:
    type_number(walker, NOBODYS)
    walker.sees(f"Top up {NOBODYS}")
    choose(walker)
    pay(walker)
    walker.sees("This top-up could not be completed")
    walker.sees("Nothing has been charged")
    assert GuestTopUp.objects.get().reason == "no_line"
    assert until(lambda: mail(walker, "could not be completed"))
    assert walker.portal.sandbox.messages(channel="sms") == []
    assert broken() == {}


def test_paypal_works_the_same(walker: Walker) -> None:
    anna()
    type_number(walker, OURS)
    choose(walker, way="paypal")
    walker.page.locator("button.paypal").click()
    walker.page.locator("button.go").click()
    walker.sees(f"€10.00 for {OURS} has arrived")
    assert broken() == {}


def test_somebody_who_goes_back_from_the_payment_page_can_pay_later(walker: Walker) -> None:
    anna()
    type_number(walker, OURS)
    choose(walker)
    walker.page.locator("a.back").click()
    walker.page.wait_for_url("**/top-ups/**")
    walker.sees("Not paid yet")
    walker.press("Pay €10.00")
    walker.page.wait_for_url("**/pay/cs_test_*")
    pay(walker)
    walker.sees("has arrived")


def test_a_link_is_paid_by_and_tells_no_number(walker: Walker) -> None:
    person = anna()
    link = links.make(person.lines[0], person, shows="Anna’s phone", lets_plans=False, now=clock.now())
    walker.go(urlsplit(links.address(link)).path)
    walker.sees("Top up Anna’s phone")
    choose(walker)
    pay(walker)
    walker.sees("€10.00 for Anna’s phone has arrived")
    assert "4069011" not in walker.page.content().replace(" ", "")
    text = until(lambda: mail(walker, "you can take it back here"))
    assert "4069011" not in text.replace(" ", "")
    assert credit() == 1000


def test_a_link_that_is_revoked_while_somebody_pays_takes_nothing(walker: Walker) -> None:
    person = anna()
    link = links.make(person.lines[0], person, shows="Anna’s phone", lets_plans=False, now=clock.now())
    walker.go(urlsplit(links.address(link)).path)
    choose(walker)
    links.revoke(person.lines[0], person, now=clock.now())
    pay(walker)
    walker.sees("This top-up could not be completed")
    assert GuestTopUp.objects.get().reason == "link_over"
    assert (Order.objects.count(), credit()) == (0, 0)
    walker.complaints.clear()
    walker.go(urlsplit(links.address(link)).path)
    walker.sees("There is nothing here")
    walker.complaints.clear()  # the browser's own word for 404
    assert broken() == {}


def test_an_owner_makes_a_link_and_a_payee_is_topped_up(walker: Walker) -> None:
    bao()
    walker.is_already(anna())
    walker.go("/credit/")
    walker.press("Let others top up")
    walker.page.locator("input[name=shows]").fill("Anna’s phone")
    walker.press("Make the link")
    walker.sees("/t/")
    expect(walker.page.locator(".qr svg")).to_be_visible()
    walker.press("Revoke the link")
    walker.sees("Make the link")
    walker.go("/payees/")
    walker.page.locator("input[name=name]").fill("Bao")
    walker.page.locator("input[name=number]").fill("0176 04069012")
    walker.press("Add to the list")
    walker.press(re.compile("Top up ?: Bao"))
    walker.sees("Top up Bao")
    choose(walker)
    pay(walker)
    walker.sees("has arrived")
    walker.go("/payees/")
    walker.sees("Arrived")
    walker.go("/orders/")
    assert "4069012" not in walker.page.content().replace(" ", "")
    assert broken() == {}


def test_its_owner_sees_what_came_and_nothing_of_who_paid(walker: Walker, browser: Browser, tmp_path: Path) -> None:
    person = anna()
    type_number(walker, OURS)
    choose(walker)
    pay(walker)
    walker.sees("has arrived")
    owner = Walker(browser, walker.portal)
    owner.is_already(person)
    owner.go("/orders/")
    owner.press(re.compile("Credit"))
    owner.go(f"/orders/{Order.objects.get().pk}/")
    owner.sees("€10.00 added to your credit")
    text = owner.page.content()
    assert "grandma" not in text
    assert "4242" not in text
    assert "Receipt" not in owner.page.locator("main").inner_text()
    owner.close(tmp_path / "owner.png")
