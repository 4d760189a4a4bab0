"""Sharing data, on a phone: Anna gives Ben a gigabyte, he hears of it by SMS and has it, she thinks again and takes it back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from accounts.models import Subscriber
from lib import clock
from plans.models import Allowance, AllowanceGift
from provisioning.models import Command, CommandState
from tests import cast
from tests.plans.gifting import GB, start, wake
from tests.stack.invariants import broken
from tests.stack.running import Portal, until
from tests.stack.walking import Walker

pytestmark = pytest.mark.browser
BEN = "+4917604069020"


@pytest.fixture
def anna(worker: Portal) -> Subscriber:
    person = cast.anna()
    start(person.lines[0], "month-15", now=clock.now())
    return person


@pytest.fixture
def ben(worker: Portal) -> Subscriber:
    person = cast.person("Ben", BEN)
    wake(person.lines[0])
    return person


@pytest.fixture
def walker(worker: Portal, anna: Subscriber, ben: Subscriber, browser: Browser, tmp_path: Path) -> Iterator[Walker]:
    walker = Walker(browser, worker)
    walker.is_already(anna)
    try:
        yield walker
    finally:
        walker.close(tmp_path / "last-page.png")


def data_of(person: Subscriber) -> list[tuple[int | None, int]]:
    rows = Allowance.objects.filter(line=person.lines[0], unit="data", frozen_at=None)
    return [(row.granted, row.gifted) for row in rows]


def test_anna_gives_ben_a_gigabyte_and_takes_it_back(walker: Walker, anna: Subscriber, ben: Subscriber) -> None:
    walker.go("/gifts/")
    walker.page.get_by_label(re.compile("Mobile number")).fill("0176 04069020")
    walker.page.get_by_label("How much?").select_option(label="1\xa0GB")
    walker.press("Continue")
    walker.sees("For ten minutes you can take back what they have not used.")
    walker.press("Give 1\xa0GB")
    walker.sees("Given. Both of you get a message.")
    assert (data_of(anna), data_of(ben)) == ([(15 * GB, GB)], [(GB, 0)])
    sms = until(lambda: [each for each in walker.portal.sandbox.messages(channel="sms") if each["to"] == BEN])
    assert sms[0]["text"].startswith("+49 176 04069011 gave you 1 GB of data, until")
    until(lambda: Command.objects.filter(subject__startswith="gift:", state=CommandState.ACCEPTED).count() == 2)
    walker.go("/home/")
    walker.sees("14")
    walker.go(f"/gifts/{AllowanceGift.objects.get().pk}/")
    walker.press("Undo")
    walker.sees("What was not used is yours again.")
    walker.go("/home/")
    walker.sees(re.compile(r"15(\.0)? ?GB left of 15|15"))
    assert (data_of(anna), data_of(ben)) == ([(15 * GB, 0)], [])
    until(lambda: [each for each in walker.portal.sandbox.messages(channel="sms") if "took back" in each["text"]])
    until(lambda: Command.objects.filter(subject__startswith="gift:", state=CommandState.ACCEPTED).count() == 4)
    assert walker.complaints == []
    assert broken() == {}


def test_a_wrong_number_costs_nothing_and_is_said_at_the_end(walker: Walker, anna: Subscriber) -> None:
    walker.go("/gifts/")
    walker.page.get_by_label(re.compile("Mobile number")).fill("0176 04069099")
    walker.page.get_by_label("How much?").select_option(index=1)
    walker.press("Continue")
    walker.press(re.compile("^Give"))
    walker.sees("Data cannot be given to this number now.")
    assert data_of(anna) == [(15 * GB, 0)]
    assert walker.complaints == [each for each in walker.complaints if "422" in each]
