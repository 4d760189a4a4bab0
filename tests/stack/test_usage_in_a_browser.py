"""From the tank to the byte on a phone: the allowance, a day of it, its uses, and the file that holds them."""

import csv
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from accounts.models import Line
from lib import clock
from network import loading
from network.models import UsageRecord
from plans.models import Allowance, PlanPeriod
from tests.billing.ordering import order_plan, pay
from tests.cast import anna
from tests.network.writing import as_csv, row
from tests.stack.running import Portal
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
DAYS = timedelta(days=6)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def walker(portal: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in; her plan has run for six days, in which she used it, in France too."""
    person = anna()
    pay(order_plan(person, now=clock.now()), now=clock.now())
    began = PlanPeriod.objects.get().starts_at - DAYS
    PlanPeriod.objects.update(starts_at=began)
    Allowance.objects.update(starts_at=began)
    path = tmp_path / "usage.csv"
    path.write_bytes(as_csv(rows()))
    list(loading.load(path, source="test", now=clock.now()))
    walker = Walker(browser, portal, width=360)
    walker.is_already(person)
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def rows() -> list[str]:
    """Two hundred in the last five days, and one call."""
    now = clock.now().replace(microsecond=0)
    uses = [
        row(
            f"w{number}", at=now - number * 30 * MINUTE, amount=7_654_321 + number, country="FR" if number % 4 else "DE"
        )
        for number in range(1, 201)
    ]
    return [*uses, row("call", at=now - 5 * MINUTE, unit="voice", amount=214)]


def exactly(walker: Walker, place: str) -> int:
    text = walker.page.locator(place).first.inner_text()
    found = re.search(r"([\d,]+)\sbytes", text)
    assert found, text
    return int(found[1].replace(",", ""))


def test_the_tank_opens_down_to_the_single_uses_and_a_file_that_adds_up(walker: Walker, tmp_path: Path) -> None:
    walker.go("/home/")
    walker.page.locator(".hero a.opens").click()
    walker.page.wait_for_url("**/usage/allowances/*/")
    walker.sees("How this adds up")
    walker.sees("200 uses")
    used = Allowance.objects.get(unit="data").used
    assert exactly(walker, ".unit-use .sum") == used == sum(7_654_321 + number for number in range(1, 201))

    walker.page.get_by_text("As a table").click()
    walker.page.locator("table.of-use tbody a").nth(1).click()
    walker.page.wait_for_url("**/usage/records/**")
    of_day = exactly(walker, ".facts.exactly")
    with walker.page.expect_download() as coming:
        walker.press("As a file for spreadsheets (CSV)")
    path = tmp_path / "downloaded.csv"
    coming.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        amounts = [int(each["How much"]) for each in csv.DictReader(file)]
    assert sum(amounts) == of_day
    assert walker.page.get_by_text(f"{len(amounts)} uses").count() == 1
    assert re.fullmatch(r"usage-\d{4}-\d\d-\d\d\.csv", coming.value.suggested_filename)
    assert walker.complaints == []


def test_the_list_is_chosen_from_and_turned_without_scripts_or_loss(walker: Walker) -> None:
    walker.go("/usage/")
    walker.press("Every single use of this time")
    walker.sees("3 min 34 sec")
    walker.press("Older")
    walker.press("Newer")
    walker.page.locator("summary", has_text="Choose").click()
    walker.page.get_by_label("Where").select_option("FR")
    walker.page.get_by_label("What", exact=True).select_option("data")
    walker.press("Show")
    walker.page.wait_for_url("**country=FR**")
    walker.sees("150 uses")
    expected = sum(UsageRecord.objects.filter(country="FR").values_list("amount", flat=True))
    assert exactly(walker, ".facts.exactly") == expected
    assert Line.objects.count() == 1
    assert walker.complaints == []
