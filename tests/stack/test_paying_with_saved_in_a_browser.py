"""An order paid with a saved card in one tap: at once, declined, and when the bank wants to see its owner."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from accounts.models import Subscriber
from billing.models import Order, OrderState, Payment, PaymentAttempt, PaymentMethod, SavingPage
from billing.paying import ways_to_pay
from billing.saved_methods import saving
from lib import clock
from tests.cast import anna
from tests.sandbox_process import PAYS
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
ASKS_ALWAYS = "4000002760003184"


@pytest.fixture
def walker(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in; all ways to pay are open."""
    ways_to_pay.learn()
    walker = Walker(browser, worker)
    walker.is_already(anna())
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def kept(walker: Walker, card: str = PAYS) -> PaymentMethod:
    """Saved through the portal's own code and the sandbox's page."""
    owner = Subscriber.objects.get()
    consent = saving.consent(language="en", at=clock.now())
    saving.start(owner, way="card", consent=consent, goes_on="", currency="EUR", language="en")  # type: ignore[arg-type]
    page = SavingPage.objects.get()
    assert page.session_id
    walker.portal.sandbox.pay(page.session_id, card, bank="approve")
    until(PaymentMethod.objects.exists)
    return PaymentMethod.objects.get()


def order_with(walker: Walker, method: PaymentMethod) -> None:
    walker.go("/plans/month-15/order/")
    assert walker.page.locator(f"input[name=method][value='saved:{method.pk}']").is_checked()
    walker.page.locator("input[name=consent]").check()
    walker.press(re.compile("Order and pay"))


def test_one_tap_pays_and_renews(walker: Walker) -> None:
    method = kept(walker)
    order_with(walker, method)
    walker.page.wait_for_url("**/orders/*/")
    walker.sees("Renewed until")
    walker.sees("Visa ···4242")
    assert Order.objects.get().state == OrderState.APPLIED
    assert PaymentAttempt.objects.get().method == method
    assert broken() == {}
    assert walker.complaints == []


def test_credit_is_topped_up_in_one_tap(walker: Walker) -> None:
    kept(walker)
    walker.go("/top-up/")
    walker.press(re.compile("Order and pay"))
    walker.sees("added to your credit")
    assert Order.objects.get().state == OrderState.APPLIED
    assert broken() == {}


def test_a_decline_charges_nothing_and_the_order_is_paid_by_another_card(walker: Walker) -> None:
    method = kept(walker)
    walker.portal.sandbox.fault("payment", "decline", match=method.gateway_id, code="insufficient_funds")
    order_with(walker, method)
    walker.sees("Visa ···4242 was declined. You have not been charged.")
    walker.sees("Not paid")
    walker.press("Try another card")
    walker.pay_by_card("5555555555554444")
    walker.sees("Renewed until")
    assert list(Payment.objects.order_by("created_at").values_list("way", "state")) == [
        ("saved", "cancelled"),
        ("page", "succeeded"),
    ]
    assert broken() == {}


def test_the_bank_s_question_is_answered_on_the_payment_page_of_the_same_order(walker: Walker) -> None:
    method = kept(walker, ASKS_ALWAYS)
    order_with(walker, method)
    walker.page.wait_for_url("**/pay/cs_test_*")
    walker.pay_by_card(PAYS)
    walker.sees("Renewed until")
    assert Order.objects.get().state == OrderState.APPLIED
    assert [payment.state for payment in Payment.objects.order_by("created_at")] == ["cancelled", "succeeded"]
    assert broken() == {}
