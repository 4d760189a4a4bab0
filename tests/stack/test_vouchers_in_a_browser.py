"""Redeeming vouchers on a phone: credit, a plan, a wrong code, a used one; and the file at the desk is what works."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import Subscriber
from billing import ledger
from billing.by_voucher import voucher_codes
from billing.models import Order, OrderState, VoucherNature, VoucherState
from lib import clock
from plans.models import PlanPeriod
from tests.billing.printing import active, one, row
from tests.cast import line_of
from tests.stack.invariants import broken
from tests.stack.running import Portal
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
NUMBER = "+4917604069015"
REFUSED = "This code cannot be redeemed. Check it, or ask our support with the serial printed beside it."


@pytest.fixture
def diego(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Registered by browser on a phone 360 pixels wide; his line was in stock before."""
    line_of(NUMBER)
    walker = Walker(browser, worker, width=360)
    try:
        walker.register(number="0176 040 690 15", email="diego@example.com")
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def credit_minor() -> int:
    paid, bonus = ledger.credit_of(Subscriber.objects.get(msisdn=NUMBER).lines[0])
    return (paid + bonus).minor


def enter(walker: Walker, code: str) -> None:
    walker.go("/voucher/")
    walker.page.get_by_label("Voucher code", exact=True).fill(code)
    walker.press("Go on")


def is_refused(walker: Walker) -> bool:
    """The one answer, beside the field, and the field says so to a screen reader."""
    field = walker.page.get_by_label("Voucher code", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(walker.page.locator(".errorlist")).to_have_text(REFUSED)
    return walker.page.url.endswith("/voucher/")


def complaints(walker: Walker) -> list[str]:
    """What the browser said, without the status of a form that was refused."""
    return [said for said in walker.complaints if "status of 422" not in said]


def test_a_voucher_becomes_credit_as_it_was_typed_on_a_phone_and_works_once(diego: Walker) -> None:
    voucher = one(now=clock.now())
    diego.go("/credit/")
    diego.press("Have a voucher?")
    typed = voucher_codes.printed(voucher.code).lower().replace("0", "o").replace("-", " ")
    diego.page.get_by_label("Voucher code", exact=True).fill(f" {typed} ")
    diego.press("Go on")
    diego.page.wait_for_url("**/voucher/check/")
    diego.sees("€10.00 of credit")
    diego.sees("+49 176 04069015")
    diego.sees(voucher.serial)
    assert credit_minor() == 0
    diego.press("Redeem €10.00")
    diego.page.wait_for_url("**/orders/*/")
    diego.sees("€10.00 added to your credit")
    diego.sees("Voucher redeemed")
    diego.sees("Added to your credit")
    diego.sees(re.compile("SMS sent.*E-mail sent|E-mail sent.*SMS sent", re.DOTALL))
    assert credit_minor() == 1000
    assert row(voucher).state == VoucherState.REDEEMED

    enter(diego, voucher.code)
    assert is_refused(diego)
    used = diego.page.locator("main").inner_text()
    enter(diego, voucher_codes.new_code())
    assert is_refused(diego)
    assert diego.page.locator("main").inner_text() == used
    assert Order.objects.count() == 1
    assert credit_minor() == 1000
    assert complaints(diego) == []
    assert broken() == {}


def test_a_plan_voucher_starts_the_plan_and_the_next_one_asks_when(diego: Walker) -> None:
    first, second = active(plan="month-15", nature=VoucherNature.PROMOTION, count=2, now=clock.now())
    enter(diego, voucher_codes.printed(first.code))
    diego.sees("Month 15")
    diego.sees("From now until")
    diego.sees("Nothing is charged.")
    diego.page.locator("input[name=consent]").check()
    diego.press("Redeem for Month 15")
    diego.page.wait_for_url("**/orders/*/")
    diego.sees("Renewed until")
    diego.sees("Voucher redeemed")

    enter(diego, second.code)
    diego.sees("Nothing is lost.")
    diego.sees("Lost:")
    diego.page.locator("input[name=start][value=queue]").check()
    diego.press("Redeem for Month 15")
    diego.page.wait_for_url("**/orders/*/")
    diego.sees("Renewed until")
    running, queued = PlanPeriod.objects.order_by("starts_at")
    assert queued.starts_at == running.ends_at
    assert set(Order.objects.values_list("state", "method")) == {(OrderState.APPLIED, "voucher")}
    diego.go("/home/")
    diego.sees("15")
    assert complaints(diego) == []
    assert broken() == {}


def test_a_slip_of_the_pen_is_told_and_costs_nothing_and_too_many_wrong_codes_do(diego: Walker) -> None:
    voucher = one(now=clock.now())
    wrong = voucher.code[:-1] + ("3" if voucher.code[-1] != "3" else "4")
    for _number in range(11):
        enter(diego, wrong)
        diego.sees("One of the letters or digits is not as printed.")
    enter(diego, voucher.serial)
    diego.sees("That is the serial.")
    for _number in range(10):
        enter(diego, voucher_codes.new_code())
        diego.sees(REFUSED)
    enter(diego, voucher.code)
    diego.sees("That was too often")
    assert row(voucher).state == VoucherState.ACTIVE
    assert [said for said in complaints(diego) if "status of 429" not in said] == []


def test_no_code_is_in_an_address_or_in_a_log(diego: Walker, worker: Portal) -> None:
    voucher = one(now=clock.now())
    visited: list[str] = []
    diego.page.on("request", lambda request: visited.append(request.url))
    enter(diego, voucher.code)
    diego.press("Redeem €10.00")
    diego.sees("€10.00 added to your credit")
    for spelling in (voucher.code, voucher_codes.printed(voucher.code), voucher.code.lower()):
        assert not [url for url in visited if spelling in url]
        for name in ("web", "worker"):
            assert spelling not in worker.log(name)
