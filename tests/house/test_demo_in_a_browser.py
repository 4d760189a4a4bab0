"""A newcomer's first quarter of an hour: `script/server` in a fresh copy, then the whole job in a browser against what it printed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.house.demo import Demo, fresh_demo
from tests.sandbox_process import DECLINED, PAYS, Sandbox
from tests.stack.walking import Walker

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Running:
    origin: str
    sandbox: Sandbox


@pytest.fixture
def demo() -> Iterator[Demo]:
    with fresh_demo() as made:
        made.start()
        yield made


@pytest.fixture
def diego(demo: Demo, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    """Somebody with the number that the demo leaves unregistered."""
    place = Running(f"http://localhost:{demo.port}", Sandbox(tmp_path, port=demo.sandbox_port))
    walker = Walker(browser, place)
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def test_a_newcomer_registers_buys_renews_starts_now_adds_data_and_meets_a_declined_card(diego: Walker) -> None:
    diego.register(number="0176 040 690 15", email="diego@example.com")
    diego.sees("No plan is running")

    diego.order("month-15")
    diego.pay_by_card(PAYS)
    diego.sees("Renewed until")
    diego.sees(re.compile("SMS sent.*E-mail sent|E-mail sent.*SMS sent", re.DOTALL))
    diego.go("/home/")
    diego.sees(re.compile(r"15\s*GB\s*left of 15\s*GB"))

    diego.order("month-15", start="queue")
    diego.pay_by_card(PAYS)
    diego.sees("Renewed until")
    diego.go("/home/")
    diego.sees("Next plan paid")

    diego.order("day-1", start="now")
    diego.pay_by_card(PAYS)
    diego.sees("Renewed until")
    diego.go("/home/")
    diego.sees("Day 1")

    diego.order("more-5")
    diego.pay_by_card(PAYS)
    diego.sees("Added until")

    diego.order("month-5", start="queue")
    diego.pay_by_card(DECLINED)
    diego.press("Back without paying")
    diego.sees("Your bank said no. You have not been charged")
    diego.press("Cancel the order")
    diego.sees("The order is cancelled. You have not been charged.")

    diego.page.goto(f"{diego.portal.sandbox.url}/inbox?to=%2B4917604069015")
    diego.sees("Renewed until")
    diego.sees("Added until")
    assert diego.complaints == []
