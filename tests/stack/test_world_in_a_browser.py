"""On a phone: a country misspelled, the plan that works there, and what use costs from credit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from lib import clock
from tests.billing.ordering import order_plan, pay
from tests.cast import anna
from tests.stack.running import Portal
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser


@pytest.fixture
def walker(portal: Portal, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Anna, signed in, with Month 15."""
    person = anna()
    pay(order_plan(person, now=clock.now()), now=clock.now())
    walker = Walker(browser, portal, width=360)
    walker.is_already(person)
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def test_a_traveller_finds_turkey_what_works_there_and_what_it_costs(walker: Walker) -> None:
    walker.go("/home/")
    walker.page.get_by_role("contentinfo").get_by_role("link", name="Where it works").click()
    walker.page.get_by_label("Find a country").fill("turkye")
    walker.press("Find")
    walker.sees("Did you mean one of these?")
    walker.page.get_by_label("Find a country").fill("turkei")
    walker.press("Find")
    walker.page.wait_for_url("**/world/tr/")
    expect(walker.page.get_by_role("heading", level=1)).to_have_text("Türkiye")
    walker.sees("does not work here")
    walker.sees("While Month 15 runs nothing is taken from your credit")
    walker.sees("€9.00 per GB")
    walker.press("Month World 10")
    walker.page.wait_for_url("**/plans/month-world-10/summary/")
    walker.press("Look at one country")
    walker.sees("Month World 10 works in 112 countries.")
    assert walker.complaints == []


def test_a_tile_of_the_picture_opens_its_country(walker: Walker) -> None:
    walker.page.set_viewport_size({"width": 1280, "height": 900})
    walker.go("/world/?plan=month-15")
    walker.page.locator("figure a", has_text="Switzerland").click()
    walker.page.wait_for_url("**/world/ch/")
    walker.sees("Works here · zone World")
    assert walker.complaints == []
