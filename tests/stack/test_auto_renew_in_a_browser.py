"""Auto-renew in a browser: nothing saved yet, one more tap, the bank's question answered later, and off after the money was taken."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from accounts.models import Subscriber
from billing.models import AutoRenew, Order, OrderState, PaymentMethod, Renewal, RunState, SavingPage
from billing.paying import ways_to_pay
from billing.standing import renewals
from lib import clock
from plans.models import PlanPeriod
from tests.billing.ordering import order_plan, pay
from tests.cast import anna
from tests.sandbox_process import PAYS
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser


@pytest.fixture
def walker(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in, with a plan that runs for a month; all ways to pay are open."""
    ways_to_pay.learn()
    walker = Walker(browser, worker)
    person = anna()
    walker.is_already(person)
    pay(order_plan(person, now=clock.now()), now=clock.now())
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def path() -> str:
    return f"/lines/{Subscriber.objects.get().lines[0].pk}/auto-renew/"


def switch_on(walker: Walker) -> AutoRenew:
    """From the page without anything saved: save a card, come back, one more tap."""
    walker.go(path())
    walker.press("Save a card or PayPal, then come back here")
    walker.page.locator("input[name=keep]").check()
    walker.press("Go on")
    walker.page.wait_for_url("**/pay/cs_test_*")
    page = SavingPage.objects.get()
    assert page.session_id
    walker.portal.sandbox.pay(page.session_id, PAYS)
    walker.go(f"/ways-to-pay/saved/{page.pk}/")
    walker.page.wait_for_url("**/auto-renew/")
    walker.press("Switch on auto-renew")
    walker.sees("Renews by itself on")
    return AutoRenew.objects.get()


def days_later(days: float) -> None:
    """The sweep runs that long after the plan began, at the domain's time."""
    first = PlanPeriod.objects.order_by("starts_at")[0]
    renewals.sweep(now=first.ends_at - timedelta(days=days))


def test_nothing_saved_yet_is_two_pages_and_one_more_tap(walker: Walker) -> None:
    on = switch_on(walker)
    assert (on.method, on.plan.code) == (PaymentMethod.objects.get(), "month-15")
    walker.sees("€15.00 from Visa ···4242; switch off until")
    walker.go("/home/")
    walker.sees("€15.00 from Visa ···4242; switch off until")
    walker.press("Change or switch off")
    walker.press("Switch off")
    walker.sees("Auto-renew is off.")
    assert not AutoRenew.objects.filter(off_at=None).exists()
    assert walker.complaints == []


def test_the_bank_s_question_is_answered_later_by_the_link(walker: Walker) -> None:
    on = switch_on(walker)
    assert on.method
    walker.portal.sandbox.fault("payment", "ask", match=on.method.gateway_id)
    days_later(0.5)
    assert Renewal.objects.get().state == RunState.WANTS_BANK
    walker.go("/home/")
    walker.sees("Your bank wants you to confirm the payment of €15.00.")
    walker.press("Confirm and pay")
    walker.page.wait_for_url("**/orders/*/")
    walker.press(re.compile("Pay|Try|Confirm"))
    walker.page.wait_for_url("**/pay/cs_test_*")
    walker.pay_by_card(PAYS)
    walker.sees("Renewed until")
    until(lambda: Order.objects.filter(state=OrderState.APPLIED).count() == 2)
    first, second = PlanPeriod.objects.order_by("starts_at")
    assert second.starts_at == first.ends_at
    assert broken() == {}


def test_off_after_the_money_was_taken_gives_the_next_period_back(walker: Walker) -> None:
    switch_on(walker)
    days_later(0.5)
    assert Renewal.objects.get().state == RunState.DONE
    walker.go(path())
    walker.press("Switch off")
    walker.sees("The next plan period is paid already")
    walker.press("Cancel it, money back")
    walker.sees("The whole price is on its way back")
    assert PlanPeriod.objects.filter(cancelled_at=None).count() == 1
    assert broken() == {}
