"""The main job in a real browser: register, sign in, buy, see it applied, read the messages; and what a declined card leaves."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from accounts.models import Line, LineOwnership
from billing.models import LedgerEntry, Order, OrderState
from lib import clock
from plans.models import Allowance, PlanPeriod, Unit
from plans.standing import standing_of
from tests.cast import line_of
from tests.sandbox_process import ASKS, DECLINED, PAYS
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
NUMBER = "+4917604069015"


@pytest.fixture
def diego(worker: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Registered by browser; his line was in stock before."""
    line_of(NUMBER)
    walker = Walker(browser, worker)
    try:
        walker.register(number="0176 040 690 15", email="diego@example.com")
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def line() -> Line:
    return Line.objects.get(msisdn=NUMBER)


def periods(kind: str = "plan") -> list[PlanPeriod]:
    return list(PlanPeriod.objects.filter(line__msisdn=NUMBER, kind=kind, cancelled_at=None).order_by("starts_at"))


def standing() -> str:
    """The state of the line in words, as page, SMS and admin say it."""
    return standing_of(periods(), now=clock.now()).words


def data_left() -> int:
    rows = Allowance.objects.filter(line__msisdn=NUMBER, unit=Unit.DATA, expires_at__gt=clock.now())
    return sum((row.granted or 0) - row.used for row in rows)


def test_a_person_registers_buys_a_month_and_sees_it_arrive(diego: Walker) -> None:
    diego.sees("No plan is running")
    assert LineOwnership.objects.get(line=line(), until_at=None).subscriber.email == "diego@example.com"

    diego.order("month-15")
    diego.pay_by_card(PAYS)
    diego.page.wait_for_url("**/orders/*/")
    diego.sees("Renewed until")
    diego.sees("Payment received")
    diego.sees("Added to your number")
    diego.sees(re.compile("SMS sent.*E-mail sent|E-mail sent.*SMS sent", re.DOTALL))

    (period,) = periods()
    assert period.ends_at - period.starts_at >= timedelta(days=28)
    assert data_left() == 15_000_000_000
    diego.go("/home/")
    diego.sees("15")
    diego.sees("Renewed until")

    def renewed() -> int:
        told = [message["subject"] or message["text"] for message in diego.portal.sandbox.messages()]
        return sum("Renewed until" in words for words in told)

    until(lambda: renewed() == 2)
    assert diego.complaints == []


def test_renewing_early_queues_the_next_period_and_starting_now_cuts_the_running_one(diego: Walker) -> None:
    diego.order("month-15")
    diego.pay_by_card(PAYS)
    diego.sees("Renewed until")
    first = periods()[0]

    diego.order("month-15", start="queue")
    diego.pay_by_card(PAYS)
    diego.sees("Renewed until")
    queued = until(lambda: periods()[1:])[0]
    assert queued.starts_at == first.ends_at
    diego.go("/home/")
    diego.sees("Paid, starts")

    Allowance.objects.filter(period=first, unit=Unit.DATA).update(used=15_000_000_000)
    diego.go("/plans/day-1/order/")
    assert diego.page.locator("input[name=start][value=now]").is_checked()
    diego.order("day-1", start="now")
    diego.pay_by_card(PAYS)
    diego.sees("Renewed until")
    cut, now, moved = until(lambda: periods() if len(periods()) == 3 else [])
    assert cut.ends_at == now.starts_at
    assert moved.starts_at == now.ends_at
    assert moved.pk == queued.pk
    assert diego.complaints == []


def test_an_add_on_runs_beside_the_plan(diego: Walker) -> None:
    diego.order("month-15")
    diego.pay_by_card(PAYS)
    diego.sees("Renewed until")
    diego.order("more-5")
    diego.pay_by_card(PAYS)
    diego.sees("Added until")
    assert len(periods()) == 1
    assert len(periods("add_on")) == 1
    assert data_left() == 20_000_000_000


def test_a_declined_card_leaves_everything_as_it_was(diego: Walker) -> None:
    before = (standing(), periods(), LedgerEntry.objects.count())
    diego.order("month-15")
    diego.pay_by_card(DECLINED)
    diego.page.get_by_text("Your bank said no. You have not been charged.").wait_for()
    diego.press("Back without paying")
    diego.sees("Waiting for your payment")
    diego.sees("Your bank said no")
    assert Order.objects.get().state == OrderState.PENDING
    assert (standing(), periods(), LedgerEntry.objects.count()) == before
    told = [m["subject"] + m["text"] for m in diego.portal.sandbox.messages()]
    assert not [words for words in told if "Renewed" in words or "received" in words.lower()]

    diego.press("Try another card")
    diego.page.wait_for_url("**/pay/cs_test_*")
    diego.pay_by_card(ASKS)
    diego.press("Approve payment")
    diego.page.wait_for_url("**/orders/*/")
    diego.sees("Renewed until")
    assert Order.objects.get().state == OrderState.APPLIED
    assert LedgerEntry.objects.count() > before[2]
    assert diego.complaints == []
