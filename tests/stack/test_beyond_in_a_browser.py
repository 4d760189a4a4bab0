"""When an allowance is used up, or there is none: word that comes, an add-on at hand, credit that pays, and credit that is kept."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from allauth.account.models import EmailAddress
from playwright.sync_api import Browser

from accounts.models import Subscriber
from lib import clock
from plans.models import Allowance
from tests.billing.money import give_credit
from tests.billing.ordering import order_plan, pay
from tests.cast import anna
from tests.network.writing import as_csv, row
from tests.sandbox_process import KEYS
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
MB, GB = 10**6, 10**9
MINUTE = timedelta(minutes=1)


@pytest.fixture
def person(portal: Portal) -> Subscriber:
    person = anna()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def walker(portal: Portal, person: Subscriber, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    walker = Walker(browser, portal, width=360)
    walker.is_already(person)
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def network_tells(portal: Portal, *rows: str) -> None:
    """As the mediation system does."""
    key = KEYS["USAGE_KEYS"].partition("=")[2]
    answer = requests.post(
        f"{portal.origin}/network/usage/", data=as_csv(rows), headers={"Authorization": f"Bearer {key}"}, timeout=20
    )
    assert (answer.status_code, answer.json()["wrong"]) == (200, 0), answer.text


def test_somebody_without_a_plan_sees_what_use_took_and_keeps_the_rest(
    walker: Walker, portal: Portal, person: Subscriber
) -> None:
    give_credit(person.lines[0], 1000)
    now = clock.now()
    network_tells(
        portal, row("d1", at=now - MINUTE, amount=412 * MB), row("v1", at=now - MINUTE, unit="voice", amount=90)
    )
    walker.go("/home/")
    walker.sees("€8.84")  # 1.03 for the data, 0.13 for the call
    walker.go("/credit/")
    walker.sees("Without a plan, use is paid from your credit")
    walker.press(re.compile("Used without an allowance: 412.MB, Germany"))
    walker.page.wait_for_url("**/usage/records/**")
    walker.sees("Paid from credit")
    walker.sees("€1.03")

    walker.go("/credit/")
    walker.press("Keep my credit")
    walker.sees("Your credit is kept: data, calls and texts stop")
    network_tells(portal, row("d2", at=clock.now(), amount=100 * MB))
    walker.go("/credit/")
    walker.sees("€8.84")
    walker.go("/usage/")
    walker.sees("Not covered, and not charged")
    walker.go("/credit/")
    walker.press("Pay use from my credit")
    walker.sees("Without a plan, use is paid from your credit")
    assert walker.complaints == []


def test_word_of_little_left_leads_to_an_add_on_in_one_tap(
    walker: Walker, worker: Portal, portal: Portal, person: Subscriber
) -> None:
    pay(order_plan(person, "month-5", now=clock.now()), now=clock.now())
    Allowance.objects.update(starts_at=clock.now() - timedelta(days=1))
    portal.sandbox.forget_messages()
    network_tells(portal, row("d1", at=clock.now() - MINUTE, amount=4 * GB + 100 * MB))
    mails = until(lambda: [mail for mail in portal.sandbox.messages(channel="email") if "left" in mail["subject"]])
    link = re.search(r"http://\S+/plans/\S+", mails[0]["text"])
    assert link, mails[0]["text"]
    walker.page.goto(link[0])
    walker.press("Add · €5.00")
    walker.page.wait_for_url("**/plans/more-5/order/")
    walker.sees("More 5")
    walker.go("/usage/")
    walker.sees("Less than a fifth is left")
    assert walker.complaints == []
