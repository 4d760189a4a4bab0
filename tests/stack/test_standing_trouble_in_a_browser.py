"""Standing orders in trouble, as their owner meets them: a message with a link, a bank that asks, a transfer on its way, a permission
withdrawn at PayPal; and auto top-up at work.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Browser, expect

from accounts.models import Line, Subscriber
from billing import ledger
from billing.models import AutoRenew, AutoTopUpRun, Order, OrderState, PaymentMethod, Renewal, RunState, SavedWay
from billing.paying import ways_to_pay
from billing.saved_methods import saving
from billing.standing import auto_renew, auto_top_up, renewals
from billing.standing.auto_renew import RenewWish
from billing.standing.auto_top_up import TopUpWish
from lib import clock, queue
from plans.models import Plan, PlanPeriod
from tests.billing.money import give_credit
from tests.billing.ordering import order_plan, pay
from tests.cast import anna
from tests.sandbox_process import PAYS
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.stack.standing import ASKS_ALWAYS, saved
from tests.stack.walking import PASSWORD, Walker
from tests.waking import awake_zone

pytestmark = pytest.mark.browser
HOUR = timedelta(hours=1)


@pytest.fixture
def walker(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in, with a plan that runs for a month; all ways to pay are open."""
    ways_to_pay.learn()
    walker = Walker(browser, worker)
    person = anna()
    person.set_password(PASSWORD)
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    Line.objects.update(time_zone=awake_zone())  # an SMS may come at once
    walker.is_already(person)
    pay(order_plan(person, now=clock.now()), now=clock.now())
    try:
        yield walker
        assert walker.complaints == []
        assert broken() == {}
    finally:
        walker.close(tmp_path / "last-page.png")


def owner() -> Subscriber:
    return Subscriber.objects.get()


def switch_on(walker: Walker, method: PaymentMethod | None = None) -> AutoRenew:
    plan = Plan.objects.get(code="month-15")
    method = method or saved(walker.portal, owner())
    wish = RenewWish(
        line=owner().lines[0], subscriber=owner(), plan=plan, method=method, shown_price_minor=1500, consents={}
    )
    return auto_renew.switch_on(wish, now=clock.now())


def paypal(walker: Walker) -> PaymentMethod:
    """PayPal, saved with its payer's consent."""
    agreed = saving.consent(language="en", at=clock.now())
    url = saving.start(owner(), way=SavedWay.PAYPAL, consent=agreed, goes_on="", currency="EUR", language="en")
    walker.portal.sandbox.pay(url.rpartition("/")[2], method="paypal")
    method = saving.finish(owner().saving_pages.get().pk, now=clock.now()).method
    assert method
    return method


def ends_at() -> datetime:
    return PlanPeriod.objects.order_by("starts_at")[0].ends_at


def before_the_end(hours: float) -> None:
    """The sweep runs that long before the plan ends, at the domain's time."""
    renewals.sweep(now=ends_at() - hours * HOUR)


def newest(walker: Walker, channel: str, words: str) -> str:
    """The text of the newest message with these words."""
    sent = until(lambda: [m for m in walker.portal.sandbox.messages(channel=channel) if words in m["text"]])
    return str(sent[0]["text"])


def link_in(text: str) -> str:
    """The path of its address: what the test itself has written names no server."""
    found = re.search(r"http\S+", text)
    assert found, text
    return urlsplit(found[0]).path


def periods() -> list[PlanPeriod]:
    return list(PlanPeriod.objects.standing().order_by("starts_at"))


def paid_and_queued() -> bool:
    return len(periods()) == 2 and periods()[1].starts_at == periods()[0].ends_at


def test_the_bank_asks_and_the_sms_leads_a_signed_out_reader_to_the_order_and_through_the_bank(walker: Walker) -> None:
    switch_on(walker, saved(walker.portal, owner(), ASKS_ALWAYS))
    before_the_end(12)
    assert Renewal.objects.get().state == RunState.WANTS_BANK
    link = link_in(newest(walker, "sms", "Your bank wants you to confirm"))
    walker.page.context.clear_cookies()
    walker.go(link)
    walker.page.locator("input[name=login]").fill("0176 04069011")
    walker.page.locator("input[type=password]").fill(PASSWORD)
    walker.page.locator("main form button[type=submit]").first.click()
    walker.page.wait_for_url(f"**{link}")
    walker.press(re.compile("Pay|Try|Confirm"))
    walker.page.wait_for_url("**/pay/cs_test_*")
    walker.pay_by_card(ASKS_ALWAYS)
    walker.page.wait_for_url("**/bank")
    walker.page.locator("button.go").click()
    walker.sees("Renewed until")
    until(paid_and_queued)
    walker.go("/home/")
    assert "Your bank wants you to confirm" not in walker.page.content()
    before_the_end(6)
    assert Order.objects.filter(state=OrderState.APPLIED).count() == 2


def test_a_declined_renewal_is_paid_by_hand_with_another_card(walker: Walker) -> None:
    on = switch_on(walker)
    assert on.method
    walker.portal.sandbox.fault("payment", "decline", match=on.method.gateway_id, code="insufficient_funds", times=9)
    before_the_end(12)
    link = link_in(newest(walker, "email", "did not pay €15.00"))
    walker.go("/home/")
    walker.sees("Your bank said no to €15.00. You have not been charged")
    walker.press("Pay now")
    walker.page.wait_for_url(f"**{link}")
    walker.press(re.compile("Pay|Try"))
    walker.page.wait_for_url("**/pay/cs_test_*")
    walker.pay_by_card("5555555555554444")
    walker.sees("Renewed until")
    until(paid_and_queued)
    before_the_end(-13)
    assert (Renewal.objects.get().state, len(periods())) == (RunState.DONE, 2)
    assert AutoRenew.objects.get().is_on


@pytest.mark.parametrize("arrives", [True, False])
def test_a_transfer_on_its_way_is_waited_for_and_what_never_comes_is_told_in_time(
    walker: Walker, arrives: bool
) -> None:
    switch_on(walker)
    walker.go("/plans/month-15/order/")
    walker.page.locator("input[name=method][value=transfer]").check()
    walker.page.locator("input[name=consent]").check()
    walker.press(re.compile("Order and pay"))
    walker.page.wait_for_url("**/transfer/")
    order = Order.objects.get(method="transfer")
    before_the_end(20)
    assert (Renewal.objects.get().state, Order.objects.count()) == (RunState.DUE, 2)
    walker.go(f"/lines/{order.line_id}/auto-renew/")
    walker.sees("Another order of the number is on its way.")
    if arrives:
        walker.portal.sandbox.transfer(intent=str(order.payments.get().intent_id), amount=1500)
        until(paid_and_queued)
        before_the_end(19)
        assert Renewal.objects.get().state == RunState.NOT_NEEDED
        return
    before_the_end(2)
    link = link_in(newest(walker, "sms", "is not renewed while your other order is on its way"))
    walker.go(link)
    walker.page.wait_for_url(f"**/orders/{order.pk}/")
    walker.press("Pay another way")
    walker.page.locator("input[name=method][value=card]").check()
    walker.press(re.compile("Order and pay"))
    walker.page.wait_for_url("**/pay/cs_test_*")
    walker.pay_by_card(PAYS)
    walker.sees("Renewed until")
    until(paid_and_queued)
    before_the_end(1)
    assert Renewal.objects.get().state == RunState.NOT_NEEDED


def test_a_permission_withdrawn_at_paypal_stops_auto_renew_and_is_told(walker: Walker) -> None:
    method = paypal(walker)
    on = switch_on(walker, method)
    walker.page.goto(f"{walker.portal.sandbox.url}/paypal")
    walker.page.locator("li", has=walker.page.locator("form")).first.get_by_role("button").click()
    expect(walker.page.locator("main")).to_contain_text("withdrawn")
    until(lambda: not AutoRenew.objects.get(pk=on.pk).is_on)
    assert "withdrawn" in newest(walker, "email", "The permission to take payments with PayPal")
    walker.go(f"/lines/{on.line_id}/auto-renew/")
    walker.sees("Auto-renew was switched off")
    walker.sees("The permission to pay with it was withdrawn at the bank or PayPal.")
    walker.go("/ways-to-pay/")
    walker.sees("Permission withdrawn at the bank or PayPal")


def test_credit_that_runs_low_in_the_browser_is_topped_up_by_itself(walker: Walker) -> None:
    line = owner().lines[0]
    give_credit(line, 2000)
    wish: Any = {"below_minor": 1000, "add_minor": 1000, "at_most": 3}
    way = saved(walker.portal, owner())
    auto_top_up.switch_on(TopUpWish(line=line, subscriber=owner(), method=way, consents={}, **wish), now=clock.now())
    walker.go("/plans/month-15/order/")
    walker.page.locator("input[name=method][value=credit]").check()
    walker.page.locator("input[name=consent]").check()
    walker.press(re.compile("Order and pay"))
    walker.sees("Renewed until")

    def is_topped_up() -> bool:
        queue.wake("billing.sweep_auto_top_ups")
        return AutoTopUpRun.objects.filter(state=RunState.DONE).count() == 1

    until(is_topped_up, every=0.5)
    assert ledger.credit_of(line)[0].minor == 1500
    walker.go(f"/lines/{line.pk}/auto-top-up/")
    walker.sees(re.compile(r"This month\s*1"))
    walker.go("/credit/")
    walker.sees("€15.00")
