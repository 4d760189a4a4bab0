"""Paying by bank transfer and by PayPal, on a phone, with the sandbox's bank and PayPal."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from billing.models import (
    Method,
    Order,
    OrderState,
    Payment,
    PaymentState,
    RefundState,
    TransferAccount,
    TransferReturn,
)
from billing.paying import ways_to_pay
from tests.cast import anna
from tests.sandbox_process import PAYS
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser


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
        worker.sandbox.capabilities(paypal_payments="active")


def order_by(walker: Walker, method: str, code: str = "month-15") -> Order:
    walker.go(f"/plans/{code}/order/")
    walker.page.locator(f"input[name=method][value={method}]").check()
    walker.page.locator("input[name=consent]").check()
    walker.press(re.compile("Order and pay"))
    walker.page.wait_for_url("**/transfer/" if method == Method.TRANSFER else "**/pay/cs_test_*")
    return Order.objects.order_by("-placed_at").first()  # type: ignore[return-value]


def intent_of(order: Order) -> str:
    payment = order.payments.get(state=PaymentState.OPEN)
    assert payment.intent_id
    return payment.intent_id


def send(walker: Walker, order: Order, minor: int, **more: object) -> None:
    walker.portal.sandbox.transfer(intent=intent_of(order), amount=minor, **more)


def is_applied(order: Order) -> bool:
    return Order.objects.get(pk=order.pk).state == OrderState.APPLIED


def unused() -> dict[str, int]:
    accounts = TransferAccount.objects.filter(available_minor__gt=0)
    return dict(accounts.values_list("currency", "available_minor"))


def test_paypal_approved_renews_and_names_itself(walker: Walker) -> None:
    order = order_by(walker, "paypal")
    walker.press(re.compile("PayPal"))
    walker.page.wait_for_url("**/paypal")
    walker.press(re.compile("Agree|Approve|Pay"))
    walker.page.wait_for_url("**/orders/*/")
    walker.sees("Renewed until")
    walker.sees("PayPal")
    assert is_applied(order)
    assert broken() == {}
    assert walker.complaints == []


def test_paypal_cancelled_leaves_the_order_open_for_another_way(walker: Walker) -> None:
    order = order_by(walker, "paypal")
    walker.press("Back without paying")
    walker.sees("Waiting for your payment")
    walker.press("Pay another way")
    walker.page.locator("input[name=method][value=card]").check()
    walker.press(re.compile("Order and pay"))
    walker.pay_by_card(PAYS)
    walker.sees("Renewed until")
    assert is_applied(order)
    assert Payment.objects.filter(state=PaymentState.SUCCEEDED).count() == 1
    assert broken() == {}


def test_paypal_is_absent_where_the_account_cannot_take_it(walker: Walker) -> None:
    walker.portal.sandbox.capabilities(paypal_payments="inactive")
    ways_to_pay.learn()
    walker.go("/plans/month-15/order/")
    walker.sees("Card")
    assert walker.page.locator("input[name=method][value=paypal]").count() == 0


def test_an_exact_transfer_is_applied_by_itself(walker: Walker) -> None:
    order = order_by(walker, "transfer")
    walker.sees("Transfer €15.00")
    walker.sees("IBAN")
    assert walker.page.locator(".qr svg").count() == 1
    send(walker, order, 1500)
    until(lambda: is_applied(order))
    walker.go(f"/orders/{order.pk}/")
    walker.sees("Renewed until")
    walker.sees("Bank transfer")
    assert unused() == {}
    assert broken() == {}
    assert walker.complaints == []


def test_a_short_transfer_says_what_is_missing_and_a_second_one_completes_it(walker: Walker) -> None:
    order = order_by(walker, "transfer")
    send(walker, order, 1200)
    told = until(lambda: [m for m in walker.portal.sandbox.messages(channel="email") if "missing" in m["subject"]])
    assert (len(told), unused()) == (1, {"EUR": 1200})
    walker.go(f"/orders/{order.pk}/")
    walker.sees("€12.00 received, €3.00 missing")
    walker.press("Show the bank details")
    walker.sees("€12.00 received, €3.00 missing")
    walker.sees("Transfer €3.00")
    send(walker, order, 300)
    until(lambda: is_applied(order) and unused() == {})
    assert broken() == {}


def test_too_much_is_used_for_the_next_order_and_the_rest_is_sent_back(walker: Walker) -> None:
    order = order_by(walker, "transfer")
    send(walker, order, 2500)
    until(lambda: is_applied(order) and unused() == {"EUR": 1000})
    walker.go("/plans/month-5/order/")
    walker.sees("€10.00 of your transfers are unused: nothing more to transfer.")
    walker.page.locator("input[name=method][value=transfer]").check()
    walker.press(re.compile("Order and pay"))
    walker.sees("Renewed until")
    until(lambda: unused() == {"EUR": 200})
    walker.go("/credit/")
    walker.sees("€2.00 of your transfers are unused")
    walker.press("Send it back")
    walker.sees("Your money goes back to the bank account it came from.")
    (back,) = until(lambda: list(TransferReturn.objects.exclude(gateway_id=None)))
    assert back.amount_minor == 200
    until(lambda: unused() == {})
    assert broken() == {}


def test_a_doubled_transfer_is_the_payers(walker: Walker) -> None:
    order = order_by(walker, "transfer")
    intent = intent_of(order)
    for _time in range(2):
        walker.portal.sandbox.transfer(intent=intent, amount=1500)
    until(lambda: is_applied(order) and unused() == {"EUR": 1500})
    walker.go("/credit/")
    walker.sees("€15.00 of your transfers are unused")
    assert broken() == {}


def test_another_currency_is_the_payers(walker: Walker) -> None:
    order = order_by(walker, "transfer")
    send(walker, order, 1500, currency="gbp")
    until(lambda: unused() == {"GBP": 1500})
    walker.go("/credit/")
    walker.sees("£15.00 of your transfers are unused")
    assert not is_applied(order)
    assert broken() == {}


def test_switching_to_card_while_a_transfer_is_on_its_way_pays_once_and_keeps_the_transfer(walker: Walker) -> None:
    order = order_by(walker, "transfer")
    reference = Payment.objects.get().instructions["reference"]
    walker.press("Pay another way")
    walker.page.locator("input[name=method][value=card]").check()
    walker.press(re.compile("Order and pay"))
    walker.pay_by_card(PAYS)
    walker.sees("Renewed until")
    walker.portal.sandbox.transfer(reference=reference, amount=1500)
    until(lambda: unused() == {"EUR": 1500})
    assert is_applied(order)
    assert list(Payment.objects.order_by("created_at").values_list("state", flat=True)) == ["cancelled", "succeeded"]
    assert broken() == {}


def test_a_late_transfer_finds_the_order_cancelled_and_is_the_payers(walker: Walker) -> None:
    order = order_by(walker, "transfer")
    reference = Payment.objects.get().instructions["reference"]
    walker.go(f"/orders/{order.pk}/")
    walker.press("Cancel the order")
    walker.sees("The order is cancelled. You have not been charged.")
    walker.portal.sandbox.transfer(reference=reference, amount=1500)
    until(lambda: unused() == {"EUR": 1500})
    assert Order.objects.get().state == OrderState.CANCELLED
    assert TransferReturn.objects.exclude(state=RefundState.REQUESTED).count() == 0
    assert broken() == {}
