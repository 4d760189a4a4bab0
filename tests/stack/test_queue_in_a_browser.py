"""What comes next, on a phone: Emma has paid her next month already, and cancels it, thinks again, cancels it, and wants another plan."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from accounts.models import Subscriber
from billing import ledger
from billing.models import Method, Order, OrderState, QueueChange, QueueChangeState, Refund, RefundState
from billing.paying import credit, ways_to_pay
from lib import clock, queue
from plans.models import PlanPeriod
from provisioning.models import Command, CommandState
from tests.billing.money import give_credit
from tests.billing.ordering import order_plan
from tests.cast import emma
from tests.sandbox_process import PAYS
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
ELEVEN_MINUTES = 11 * 60


@pytest.fixture
def walker(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Emma, signed in; a month runs and the next one is paid, both from credit of which some was a gift."""
    ways_to_pay.learn()
    person = emma()
    line = person.lines[0]
    give_credit(line, 2500)
    give_credit(line, 500, bonus=True)
    for _month in range(2):
        order = order_plan(person, "month-15", method=Method.CREDIT, now=clock.now())
        credit.pay(order.pk, line_id=line.pk, actor="test", now=clock.now())
    walker = Walker(browser, worker)
    walker.is_already(person)
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def credit_of() -> list[int]:
    return [part.minor for part in ledger.credit_of(Subscriber.objects.get().lines[0])]


def later(walker: Walker) -> None:
    """Eleven minutes pass by the clock that plans follow, and the sweep comes."""
    walker.portal.sandbox.turn_clock(ELEVEN_MINUTES)
    queue.wake("billing.sweep_queue_changes")


def cancel_from_home(walker: Walker) -> None:
    walker.go("/home/")
    walker.press("Change or cancel")
    walker.sees("Can be changed or cancelled until")
    walker.press(re.compile("Cancel, money back"))
    walker.sees("It becomes credit of the number at once")
    walker.press("Cancel it, €15.00 back")
    walker.sees("Nothing has changed yet")


def test_emma_cancels_thinks_again_and_cancels(walker: Walker) -> None:
    cancel_from_home(walker)
    walker.press("Undo")
    walker.sees("Undone. Everything is as it was.")
    cancel_from_home(walker)
    later(walker)
    until(lambda: QueueChange.objects.filter(state=QueueChangeState.DONE))
    walker.page.reload()
    walker.sees("Nothing is paid behind it yet")
    assert [change.state for change in QueueChange.objects.order_by("asked_at")] == ["undone", "done"]
    assert PlanPeriod.objects.filter(cancelled_at=None).count() == 1
    assert credit_of() == [1500, 0]
    walker.go("/credit/")
    walker.sees("€15.00")
    until(lambda: [sms for sms in walker.portal.sandbox.messages(channel="sms") if "€15.00 go back." in sms["text"]])
    until(lambda: Command.objects.filter(payload__is_cancelled=True, state=CommandState.ACCEPTED))
    assert walker.complaints == []
    assert broken() == {}


def test_emma_changes_the_next_plan_for_a_cheaper_one_in_one_tap(walker: Walker) -> None:
    walker.go("/home/")
    walker.press("Change or cancel")
    walker.press(re.compile("^Another plan"))
    walker.sees("€7.00 back")
    walker.press("Month 5")
    walker.sees("Left over")
    walker.press("Order and pay €8.00")
    walker.sees("Month 5 comes instead.")
    later(walker)
    until(lambda: Order.objects.filter(plan__code="month-5", state=OrderState.APPLIED))
    walker.page.reload()
    expect(walker.page.locator("ol.queued > li")).to_have_count(2)
    walker.sees("Month 5")
    assert credit_of() == [700, 0]
    assert walker.complaints == []
    assert broken() == {}


def test_emma_pays_a_dearer_one_by_card_before_the_other_goes(walker: Walker) -> None:
    walker.go("/home/")
    walker.press("Change or cancel")
    walker.press(re.compile("^Another plan"))
    walker.press("Month 40")
    walker.press("Go on to pay €25.00")
    walker.sees("Month 15 stays until this is paid.")
    walker.page.locator("input[name=consent]").check()
    walker.press("Order and pay €25.00")
    walker.page.wait_for_url("**/pay/cs_test_*")
    walker.pay_by_card(PAYS)
    walker.sees("Renewed until")
    assert PlanPeriod.objects.filter(cancelled_at=None).count() == 3
    walker.press("Change or cancel what comes next")
    walker.sees("Month 40 comes instead.")
    later(walker)
    until(lambda: QueueChange.objects.filter(state=QueueChangeState.DONE))
    first, second = PlanPeriod.objects.filter(cancelled_at=None).order_by("starts_at")
    assert (second.plan.code, second.starts_at) == ("month-40", first.ends_at)
    assert credit_of() == [1500, 0]
    assert not Refund.objects.exists()
    assert walker.complaints == []
    assert broken() == {}


def test_undone_after_paying_by_card_the_card_gets_it_back(walker: Walker) -> None:
    """The other way round: what was paid instead goes back to the card, the queued plan stays."""
    queued = PlanPeriod.objects.order_by("starts_at")[1]
    walker.go(f"/plans/month-40/order/?instead={queued.origin.removeprefix('order:')}")
    walker.page.locator("input[name=consent]").check()
    walker.press("Order and pay €25.00")
    walker.page.wait_for_url("**/pay/cs_test_*")
    walker.pay_by_card(PAYS)
    walker.sees("Renewed until")
    walker.press("Change or cancel what comes next")
    walker.press("Undo")
    walker.sees("Undone. Everything is as it was.")
    until(lambda: Refund.objects.filter(state=RefundState.SUCCEEDED, amount_minor=2500))
    queued.refresh_from_db()
    assert queued.cancelled_at is None
    assert PlanPeriod.objects.filter(cancelled_at=None).count() == 2
    assert broken() == {}
