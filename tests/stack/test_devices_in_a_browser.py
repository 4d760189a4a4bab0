"""SIMs on a phone: Anna's is gone and blocked in two taps, a new one she did not ask for is stopped, and her watch gets an eSIM."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect

from accounts.models import EsimOrder, EsimOrderState, Sim, SimState, SimSwap, Subscriber, SwapState
from lib import queue
from provisioning.models import Command, CommandState
from tests.accounts.devices import ICCID, NEW_ICCID, card_of, let_a_day_pass
from tests.cast import anna
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


@pytest.fixture
def person(worker: Portal) -> Subscriber:
    owner = anna()
    card_of(owner.lines[0])
    return owner


@pytest.fixture
def walker(worker: Portal, person: Subscriber, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in some time ago."""
    walker = Walker(browser, worker)
    walker.is_already(person)
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


@pytest.fixture
def finger(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Whoever reads the SMS or the mail, signed in nowhere."""
    walker = Walker(browser, worker)
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page-of-finger.png")


def type_password(walker: Walker) -> None:
    walker.page.wait_for_url("**/reauthenticate/**")
    walker.page.locator("input[type=password]").fill(PASSWORD)
    walker.press("Continue")


def ask_for_card(walker: Walker) -> None:
    walker.go("/devices/")
    walker.page.get_by_text("More", exact=False).first.click()
    walker.press("Get a new SIM for the number")
    if "/reauthenticate/" in walker.page.url:
        type_password(walker)
    walker.page.get_by_text("A new SIM card that I have").click()
    walker.page.get_by_label("Number of the new card").fill(NEW_ICCID)
    walker.press("Ask for the new SIM")
    walker.sees("A new SIM is on its way")


def link_in(walker: Walker, channel: str, address: str) -> str:
    """The veto link as it arrived, newest first."""

    def found() -> list[str]:
        sent = walker.portal.sandbox.messages(to=address, channel=channel)
        return [link[0] for one in sent if (link := re.search(r"http\S+/v/\S+/", one["text"]))]

    return str(until(found)[0])


def test_a_lost_sim_is_blocked_in_two_taps(walker: Walker) -> None:
    walker.go("/devices/")
    taps = 0
    for words in ("Lost or stolen?", "Block now"):
        walker.press(words)
        taps += 1
    walker.sees("Blocked. Nobody can use this SIM now.")
    assert taps == 2
    sim = Sim.objects.get()
    assert sim.state == SimState.BLOCKED
    until(lambda: Command.objects.filter(kind="sims_set", state=CommandState.ACCEPTED))
    told = walker.portal.sandbox.core_lines()[str(sim.line_id)]["sims"]
    assert told == [{"iccid": ICCID, "kind": "sim", "is_blocked": True, "gets_texts": True}]
    until(lambda: [one for one in walker.portal.sandbox.messages(channel="email") if "is blocked" in one["subject"]])
    walker.press("Get a new SIM")
    type_password(walker)
    walker.sees("We do not write to the lost SIM.")
    walker.press("Send the code by e-mail")
    walker.sees("Sent. The code is good for ten minutes.")
    walker.page.get_by_text("An eSIM, without a card").click()
    sent = until(lambda: [one for one in walker.portal.sandbox.messages(channel="email") if "code" in one["subject"]])
    digits = re.search(r"\b\d{6}\b", sent[0]["text"])
    assert digits
    walker.page.get_by_label("Code from the e-mail").fill(digits[0])
    walker.press("Ask for the new SIM")
    walker.sees("A new SIM is on its way")
    assert walker.portal.sandbox.messages(channel="sms") == []
    assert walker.complaints == []


def test_a_swap_is_stopped_from_the_old_sim_then_by_e_mail_and_the_third_one_happens(
    walker: Walker, finger: Walker, person: Subscriber
) -> None:
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)
    for channel, address in (("sms", str(person.msisdn)), ("email", person.email)):
        walker.page.context.clear_cookies()
        walker.sign_in(person.email, PASSWORD)
        ask_for_card(walker)
        finger.page.goto(link_in(walker, channel, address))
        finger.sees("Somebody has asked for a new SIM for +49 176 04069011.")
        finger.press("It was not me, stop it")
        finger.sees("Stopped. Your number stays where it is")
        assert SimSwap.objects.latest("asked_at").state == SwapState.VETOED
        walker.go("/devices/")
        expect(walker.page).to_have_url(re.compile("/login/"))
        walker.portal.sandbox.forget_messages()
    walker.sign_in(person.email, PASSWORD)
    ask_for_card(walker)
    let_a_day_pass()
    queue.wake("accounts.sweep_swaps")
    until(lambda: Sim.objects.filter(iccid=NEW_ICCID))
    walker.go("/devices/")
    walker.sees(f"···{NEW_ICCID[-4:]}")
    assert [sim.iccid for sim in Sim.objects.in_use()] == [NEW_ICCID]
    assert walker.complaints == finger.complaints == []


def test_a_watch_gets_an_esim_whose_code_is_shown_until_it_is_installed(walker: Walker) -> None:
    walker.go("/devices/")
    walker.press("Add an eSIM")
    walker.page.get_by_label("Name").fill("Anna’s watch")
    walker.press("Order the eSIM")
    type_password(walker)
    until(lambda: EsimOrder.objects.filter(state=EsimOrderState.READY))
    walker.page.reload()
    walker.press("Show the code")
    expect(walker.page.get_by_role("img", name="The eSIM as a code to scan")).to_be_visible()
    walker.sees(re.compile(r"LPA:1\$smdp\.refill\.example\$[A-Z0-9-]{23}"))
    order = EsimOrder.objects.get()
    requests.post(f"{walker.portal.sandbox.url}/core/profiles/{order.pk}/install", timeout=5)
    EsimOrder.objects.update(next_try_at=order.asked_at)
    queue.wake("accounts.sweep_esims")
    until(lambda: EsimOrder.objects.filter(state=EsimOrderState.INSTALLED))
    walker.go(f"/devices/esim/{order.pk}/")
    walker.sees("Its code worked once and is not shown any more.")
    walker.go("/devices/")
    walker.sees("2 of 5 SIMs")
    walker.sees("Texts to your number, codes too, arrive here.")
    assert walker.complaints == []
