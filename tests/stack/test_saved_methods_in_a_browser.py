"""Saving cards and PayPal, with an order and alone, choosing and removing them, and permissions withdrawn outside."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from accounts.models import Subscriber
from billing.models import AutoRenew, Order, OrderState, Payment, PaymentMethod, SavedState, SavingPage
from billing.paying import ways_to_pay
from lib import clock, queue
from plans.models import Plan
from tests.cast import anna
from tests.sandbox_process import DECLINED, PAYS
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
ANOTHER = "5555555555554444"


@pytest.fixture
def walker(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in; card and PayPal are open."""
    ways_to_pay.learn()
    walker = Walker(browser, worker)
    walker.is_already(anna())
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def owner() -> Subscriber:
    return Subscriber.objects.get()


def labels() -> list[str]:
    return list(PaymentMethod.objects.filter(state=SavedState.SAVED).values_list("label", flat=True))


def save(walker: Walker, way: str = "card", card: str = PAYS) -> PaymentMethod:
    """Through the page for saving; the sandbox's page is filled in without a browser."""
    before = PaymentMethod.objects.count()
    walker.go("/ways-to-pay/save/")
    walker.page.locator(f"input[name=way][value={way}]").check()
    walker.page.locator("input[name=keep]").check()
    walker.press("Go on")
    walker.page.wait_for_url("**/pay/cs_test_*")
    page = SavingPage.objects.order_by("-created_at")[0]
    assert page.session_id
    walker.portal.sandbox.pay(page.session_id, card, method=way)
    until(lambda: PaymentMethod.objects.count() > before)
    walker.go(f"/ways-to-pay/saved/{page.pk}/")
    walker.page.wait_for_url("**/ways-to-pay/")
    found = SavingPage.objects.get(pk=page.pk).method
    assert found
    return found


def order_and_keep(walker: Walker, *, keep: bool = True) -> Order:
    walker.go("/plans/month-15/order/")
    assert not walker.page.locator("input[name=keep]").is_checked()
    if keep:
        walker.page.locator("input[name=keep]").check()
    walker.page.locator("input[name=consent]").check()
    walker.press(re.compile("Order and pay"))
    walker.page.wait_for_url("**/pay/cs_test_*")
    return Order.objects.latest("placed_at")


def renewing_with(method: PaymentMethod, backup: PaymentMethod | None = None) -> AutoRenew:
    person = owner()
    return AutoRenew.objects.create(
        line=person.lines[0],
        subscriber=person,
        method=method,
        backup=backup,
        currency="EUR",
        on_at=clock.now(),
        plan=Plan.objects.get(code="month-15"),
        price_minor=1500,
    )


def test_a_card_is_kept_with_an_order_when_the_box_is_ticked(walker: Walker) -> None:
    order = order_and_keep(walker)
    walker.pay_by_card(PAYS)
    walker.sees("Renewed until")
    (method,) = until(lambda: list(PaymentMethod.objects.all()))
    assert (method.label, method.is_default, method.consent["text"]) == ("Visa ···4242", True, "keep-method")
    walker.go("/ways-to-pay/")
    walker.sees("Visa ···4242")
    walker.sees("Used first")
    walker.sees("Good until 12/2034")
    assert Order.objects.get(pk=order.pk).state == OrderState.APPLIED
    assert broken() == {}
    assert walker.complaints == []


def test_nothing_is_kept_when_the_box_is_left_or_the_card_declined(walker: Walker) -> None:
    order_and_keep(walker, keep=False)
    walker.pay_by_card(PAYS)
    walker.sees("Renewed until")
    order_and_keep(walker)
    walker.pay_by_card(DECLINED)
    walker.page.get_by_text(re.compile("declined", re.IGNORECASE)).first.wait_for()
    assert Payment.objects.count() == 2
    assert not PaymentMethod.objects.exists()
    walker.go("/ways-to-pay/")
    walker.sees("Nothing saved yet")


def test_one_is_saved_alone_and_its_reader_goes_on_to_where_they_came_from(walker: Walker) -> None:
    walker.go("/ways-to-pay/save/?next=/credit/")
    walker.press("Go on")
    walker.page.locator("input[name=keep]").check()
    walker.press("Go on")
    walker.page.wait_for_url("**/pay/cs_test_*")
    walker.page.get_by_label("Card number").fill(PAYS)
    walker.page.get_by_label(re.compile("Expires")).fill("12 / 34")
    walker.page.get_by_label(re.compile("Security code")).fill("123")
    walker.page.get_by_label("Name on card").fill("Anna Berg")
    walker.page.locator("form button[type=submit]").first.click()
    walker.page.wait_for_url("**/credit/")
    walker.sees("Visa ···4242 is saved.")
    assert labels() == ["Visa ···4242"]
    assert not Payment.objects.exists()
    assert [text for text in walker.complaints if "422" not in text] == []


def test_another_address_than_ours_is_not_gone_on_to(walker: Walker) -> None:
    walker.go("/ways-to-pay/save/?next=//elsewhere.example/")
    assert walker.page.locator("main input[name=next]").input_value() == ""


def test_a_page_that_was_left_saves_nothing(walker: Walker) -> None:
    walker.go("/ways-to-pay/save/")
    walker.page.locator("input[name=keep]").check()
    walker.press("Go on")
    walker.page.wait_for_url("**/pay/cs_test_*")
    walker.page.get_by_role("link").or_(walker.page.get_by_role("button", name=re.compile("Back"))).first.click()
    walker.page.wait_for_url("**/ways-to-pay/")
    walker.sees("Nothing was saved.")
    assert labels() == []


def test_first_backup_and_removal_by_tapping(walker: Walker) -> None:
    first, second = save(walker), save(walker, card=ANOTHER)
    walker.press(re.compile("Use when the first fails.*4444"))
    walker.sees("Mastercard ···4444 is offered when the first one fails.")
    walker.press(re.compile("Use first.*4444"))
    walker.sees("Mastercard ···4444 is used first from now on.")
    second.refresh_from_db()
    assert second.is_default
    renewal = renewing_with(second, first)
    walker.go("/ways-to-pay/")
    walker.sees("Pays auto-renew of")
    walker.press(re.compile("Remove.*4444"))
    walker.sees("This goes on with your other way to pay")
    walker.press(re.compile("^Remove$"))
    walker.sees("Mastercard ···4444 is removed.")
    until(lambda: AutoRenew.objects.get(pk=renewal.pk).method_id == first.pk)
    until(lambda: PaymentMethod.objects.get(pk=second.pk).forgotten_at)
    assert labels() == ["Visa ···4242"]
    assert AutoRenew.objects.get(pk=renewal.pk).is_on
    assert walker.complaints == []


def test_paypal_s_permission_withdrawn_stops_auto_renew_and_is_told(walker: Walker) -> None:
    method = save(walker, "paypal")
    assert method.label == "PayPal"
    renewal = renewing_with(method)
    walker.portal.sandbox.forget_messages()
    walker.portal.sandbox.change_method(method.gateway_id, revoke=True)
    until(lambda: not AutoRenew.objects.get(pk=renewal.pk).is_on)
    assert AutoRenew.objects.get(pk=renewal.pk).off_reason == "method_revoked"
    (told,) = until(lambda: [m for m in walker.portal.sandbox.messages(channel="email") if "no longer" in m["subject"]])
    assert "PayPal" in told["subject"]
    walker.go("/ways-to-pay/")
    walker.sees("Permission withdrawn at the bank or PayPal")
    assert broken() == {}


def test_a_new_date_by_the_network_is_taken_over_and_one_removed_outside_is_told(walker: Walker) -> None:
    method = save(walker)
    walker.portal.sandbox.change_method(method.gateway_id, expires="2040-05")
    until(lambda: str(PaymentMethod.objects.get(pk=method.pk).expires_on) == "2040-05-31")
    walker.portal.sandbox.change_method(method.gateway_id, detach=True)
    until(lambda: PaymentMethod.objects.get(pk=method.pk).state == SavedState.REMOVED)
    until(lambda: [m for m in walker.portal.sandbox.messages(channel="email") if "Visa" in m["subject"]])
    walker.go("/ways-to-pay/")
    walker.sees("Nothing saved yet")


def test_what_was_saved_while_every_notice_was_lost_is_found_by_the_sweep(walker: Walker) -> None:
    walker.go("/ways-to-pay/save/")
    walker.page.locator("input[name=keep]").check()
    walker.press("Go on")
    walker.page.wait_for_url("**/pay/cs_test_*")
    page = SavingPage.objects.get()
    walker.portal.sandbox.fault("webhook", "drop")
    assert page.session_id
    walker.portal.sandbox.pay(page.session_id)
    SavingPage.objects.update(created_at=clock.real_now().replace(year=2020))
    queue.wake("billing.sweep_methods")
    until(lambda: labels() == ["Visa ···4242"])
