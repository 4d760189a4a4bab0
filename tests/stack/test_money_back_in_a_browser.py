"""Money goes back, on a phone: withdrawn, failed later, made in the gateway's dashboard, disputed, to a bank account."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from billing.models import (
    Dispute,
    DisputeState,
    Order,
    OrderState,
    Payment,
    Refund,
    RefundState,
    ReviewItem,
    ReviewKind,
)
from billing.paying import ways_to_pay
from lib.models import Alarm
from plans.models import Allowance, PlanPeriod, Unit
from tests.cast import anna
from tests.sandbox_process import PAYS
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
DAY = 86400


@pytest.fixture
def walker(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in, with a month plan paid by card."""
    walker = Walker(browser, worker)
    walker.is_already(anna())
    try:
        walker.order("month-15")
        walker.pay_by_card(PAYS)
        walker.sees("Renewed until")
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def order() -> Order:
    return Order.objects.get()


def refund(state: RefundState) -> list[Refund]:
    return list(Refund.objects.filter(state=state))


def on_day_3_with_a_third_used(walker: Walker) -> None:
    Allowance.objects.filter(unit=Unit.DATA).update(used=5_000_000_000)
    walker.portal.sandbox.turn_clock(3 * DAY)


def withdraw(walker: Walker) -> None:
    walker.go(f"/orders/{order().pk}/")
    walker.press("Withdraw from this order")
    walker.press("Confirm withdrawal")


def test_on_day_3_with_a_third_of_the_data_used_two_thirds_go_back_to_the_card(walker: Walker) -> None:
    on_day_3_with_a_third_used(walker)
    walker.go(f"/orders/{order().pk}/")
    walker.press("Withdraw from this order")
    walker.sees("€15.00 × 66.7 % = €10.00")
    walker.sees(re.compile(r"10\s*GB left of 15\s*GB"))
    walker.press("Confirm withdrawal")
    walker.sees("You withdrew: €10.00 go back to you")
    walker.sees("Sent back; your bank may take a few days to show it")
    assert order().state == OrderState.REVERSED
    walker.go("/home/")
    walker.sees("No plan is running")
    told = [message["subject"] for message in until(lambda: walker.portal.sandbox.messages(channel="email"))]
    assert any("You have withdrawn from order" in subject for subject in told)
    assert broken() == {}
    assert walker.complaints == []


def test_a_refund_that_fails_later_is_still_theirs_and_can_be_sent_again(walker: Walker) -> None:
    withdraw(walker)
    walker.sees("Sent back")
    (sent,) = until(lambda: refund(RefundState.SUCCEEDED))
    assert sent.gateway_id
    walker.portal.sandbox.settle(sent.gateway_id, "fail")
    until(lambda: refund(RefundState.FAILED))
    walker.go(f"/orders/{order().pk}/")
    walker.sees("We hold €15.00 of yours")
    walker.sees("Your bank did not take the money back. It is still yours")
    walker.press("Give it back")
    until(lambda: Refund.objects.filter(state=RefundState.SUCCEEDED).first())
    walker.go(f"/orders/{order().pk}/")
    assert "We hold" not in walker.page.content()
    assert Alarm.objects.filter(kind="refund.failed").count() == 1
    assert broken() == {}
    assert walker.complaints == []


def test_a_refund_made_in_the_gateways_dashboard_is_taken_in_and_shown_to_staff(walker: Walker) -> None:
    intent = Payment.objects.get().intent_id
    assert intent
    walker.portal.sandbox.dashboard_refund(intent, 500)
    until(lambda: refund(RefundState.SUCCEEDED))
    walker.go(f"/orders/{order().pk}/")
    walker.sees("€5.00 go back to you")
    assert ReviewItem.objects.get().kind == ReviewKind.REFUND_BY_GATEWAY
    assert (order().state, PlanPeriod.objects.get().cancelled_at) == (OrderState.APPLIED, None)
    until(lambda: not broken())
    assert Refund.objects.count() == 1


def disputed(walker: Walker) -> str:
    """Anna's bank takes the payment back."""
    intent = Payment.objects.get().intent_id
    assert intent
    case: str = walker.portal.sandbox.dispute(intent)["dispute"]
    until(lambda: Dispute.objects.exclude(withdrawn_at=None).first())
    walker.go("/home/")
    walker.sees("Your bank is looking into a payment")
    walker.go(f"/orders/{order().pk}/")
    walker.sees("Your bank is looking into this payment")
    walker.go(f"/orders/{order().pk}/withdraw/")
    walker.sees("Nothing can go back until it has decided.")
    return case


def test_a_dispute_won_gives_everything_back_to_the_line(walker: Walker) -> None:
    case = disputed(walker)
    assert not Allowance.objects.filter(frozen_at=None).exists()
    walker.portal.sandbox.end_dispute(case, "under_review")
    walker.portal.sandbox.end_dispute(case, "won")
    until(lambda: Dispute.objects.get().state == DisputeState.WON)
    walker.go(f"/orders/{order().pk}/")
    walker.sees("Your bank has decided: the payment stands")
    walker.go("/home/")
    walker.sees(re.compile(r"15\s*GB\s*left of 15\s*GB"))
    assert not Allowance.objects.exclude(frozen_at=None).exists()
    assert broken() == {}
    assert walker.complaints == []


def test_a_dispute_lost_ends_the_plan_and_takes_the_sale_back(walker: Walker) -> None:
    case = disputed(walker)
    walker.portal.sandbox.end_dispute(case, "lost")
    until(lambda: Dispute.objects.get().state == DisputeState.LOST)
    walker.go(f"/orders/{order().pk}/")
    walker.sees("Your bank has taken the payment back")
    walker.sees("€15.00 went back through your bank")
    walker.go("/home/")
    walker.sees("No plan is running")
    assert order().state == OrderState.REVERSED
    assert sorted(Alarm.objects.values_list("kind", flat=True)) == ["dispute.lost", "dispute.opened"]
    assert Refund.objects.count() == 0
    assert broken() == {}


def test_a_refund_by_transfer_needs_the_payers_bank_data_and_says_so(
    worker: Portal, browser: Browser, tmp_path: Path
) -> None:
    ways_to_pay.learn()
    walker = Walker(browser, worker)
    walker.is_already(anna())
    walker.go("/plans/month-15/order/")
    walker.page.locator("input[name=method][value=transfer]").check()
    walker.page.locator("input[name=consent]").check()
    walker.press(re.compile("Order and pay"))
    walker.page.wait_for_url("**/transfer/")
    intent = Payment.objects.get().intent_id
    assert intent
    worker.sandbox.transfer(intent=intent, amount=1500)
    until(lambda: order().state == OrderState.APPLIED)
    withdraw(walker)
    walker.sees("We need your bank account")
    (waiting,) = until(lambda: refund(RefundState.NEEDS_PAYER))
    assert ReviewItem.objects.get(closed_at=None).kind == ReviewKind.REFUND_NEEDS_PAYER
    assert waiting.gateway_id
    worker.sandbox.refund_details(waiting.gateway_id)
    worker.sandbox.settle(waiting.gateway_id, "succeed")
    until(lambda: refund(RefundState.SUCCEEDED))
    walker.go(f"/orders/{order().pk}/")
    walker.sees("Sent back")
    assert not ReviewItem.objects.filter(closed_at=None).exists()
    assert broken() == {}
    walker.close(tmp_path / "last-page.png")
