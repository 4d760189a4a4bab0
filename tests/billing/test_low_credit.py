"""Who lives on credit hears that little is left: once a top-up, and only when it matters."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import Line
from billing import ledger, low_credit
from billing.ledger import Posting
from billing.models import AccountKind, EntryKind
from lib import clock
from notifications import choices
from notifications.models import Message
from notifications.rendering import render
from plans import life, periods
from plans.models import Plan
from tests.cast import anna
from tests.plans.conftest import NOON, load_the_catalogue

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    """Anna's, topped up at NOON, used on credit a day later; 1.80 EUR are left."""
    monkeypatch.setattr(clock, "now", lambda: NOON + DAY)
    person = anna()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    line: Line = person.lines.get()
    with transaction.atomic():
        life.topped_up(line, now=NOON)
    has(line, 180)
    Line.objects.update(last_charged_use_at=NOON + DAY)
    return line


def has(line: Line, minor: int) -> None:
    pots = ledger.pots(AccountKind.OPENING, AccountKind.CREDIT_PAID, currency="EUR", line=line)
    posting = Posting(
        kind=EntryKind.OPENING, source=pots[AccountKind.OPENING], target=pots[AccountKind.CREDIT_PAID], amount_minor=minor,
        key=f"opening:{line.pk}:{minor}", event_at=NOON, actor="test",
    )  # fmt: skip
    with transaction.atomic():
        ledger.post(posting)


def told_at(*moments: Any) -> list[int]:
    return [low_credit.remind(now=moment) for moment in moments]


def test_it_is_told_once_by_both_channels_with_the_sum(line: Line) -> None:
    assert told_at(NOON + DAY, NOON + DAY, NOON + 2 * DAY) == [2, 0, 0]
    message = Message.objects.get(channel="sms")
    text = render("low_credit", "sms", message.context, language="en", time_zone="Europe/Berlin").text
    assert text.startswith("Credit on +49 176 04069011: €1.80. Top up: ")


def test_after_the_next_top_up_and_use_it_is_told_again(line: Line) -> None:
    assert told_at(NOON + DAY) == [2]
    line.refresh_from_db()
    with transaction.atomic():
        life.topped_up(line, now=NOON + 3 * DAY)
    assert told_at(NOON + 3 * DAY) == [0]
    Line.objects.update(last_charged_use_at=NOON + 4 * DAY)
    assert told_at(NOON + 4 * DAY) == [2]


def test_with_enough_left_nothing_is_said(line: Line) -> None:
    has(line, 21)
    assert told_at(NOON + DAY) == [0]


def test_beside_a_plan_or_without_use_nothing_is_said(line: Line) -> None:
    load_the_catalogue()
    with transaction.atomic():
        periods.begin(line=line, plan=Plan.objects.get(code="day-1"), now=NOON + DAY, origin="order:1")
    assert told_at(NOON + DAY, NOON + 2 * DAY + HOUR) == [0, 2]
    Line.objects.update(last_charged_use_at=None)
    assert told_at(NOON + 3 * DAY) == [0]


def test_who_does_not_want_it_gets_none(line: Line) -> None:
    choices.choose(line.msisdn, "low_credit", is_wanted=False)
    assert told_at(NOON + DAY) == [1]


def test_at_night_it_waits(line: Line) -> None:
    night = (NOON + DAY).replace(hour=1)
    assert told_at(night, night.replace(hour=7)) == [0, 2]
