"""On a phone, from the plan list to what would have been cheapest, its proof, and the order of the plan it names."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser

from lib import clock
from network.models import UsageDay
from tests.billing.ordering import order_plan, pay
from tests.cast import anna
from tests.stack.running import Portal
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
DAY = timedelta(days=1)


@pytest.fixture
def walker(portal: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in; she has had the big plan for ninety days and used little of it."""
    person = anna()
    for ago in (90, 60, 30):
        pay(order_plan(person, "month-40", now=clock.now() - ago * DAY), now=clock.now() - ago * DAY)
    line = person.lines[0]
    today = clock.now().astimezone(ZoneInfo(line.time_zone)).date()
    UsageDay.objects.bulk_create(
        UsageDay(line=line, day=today - ago * DAY, unit="data", country="DE", amount=150_000_000, records_count=1)
        for ago in range(1, 61)
    )
    walker = Walker(browser, portal, width=360)
    walker.is_already(person)
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def test_too_big_a_plan_is_told_and_the_smaller_one_is_a_tap_away(walker: Walker) -> None:
    walker.go("/plans/")
    walker.sees("With Quarter 15 on most days you would have paid")
    walker.press("See the proof")
    walker.page.wait_for_url("**/advice/")
    walker.sees("less")
    walker.sees("The proof")
    sums = [row.inner_text() for row in walker.page.locator("tfoot tr").all()]
    assert any("€14.00" in text for text in sums)
    walker.press("Choose Quarter 15")
    walker.page.wait_for_url("**/quarter-15/**")
    walker.sees("Quarter 15")
    assert walker.complaints == []
