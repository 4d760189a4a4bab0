"""Most of it used, all of it used: told once each, with what is left, and not when it is no news."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress

from accounts.models import Line
from notifications.models import Message
from notifications.rendering import render
from tests.network.conftest import Load
from tests.network.writing import DAY, MB, NOW, allowance, row

pytestmark = pytest.mark.django_db
GB = 1000 * MB


@pytest.fixture
def owned(line: Line) -> Line:
    person = line.ownerships.get().subscriber
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return line


def told() -> list[str]:
    return sorted(f"{row.kind} {row.channel}" for row in Message.objects.all())


def sms(kind: str) -> str:
    row = Message.objects.get(kind=kind, channel="sms")
    return render(row.kind, "sms", row.context, language="en", time_zone="Europe/Berlin").text


def test_four_fifths_and_all_are_told_once_each_on_both_channels(owned: Line, load: Load) -> None:
    allowance(owned, 10 * GB)
    load([row("a", amount=8 * GB - 1)], name="a")
    assert told() == []
    load([row("b", amount=1)], name="b")
    assert told() == ["allowance_low email", "allowance_low sms"]
    assert sms("allowance_low").startswith("2 GB of 10 GB left until Thu 3 Dec, 13:00. Add more: ")
    load([row("c", amount=1 * GB), row("d", amount=5 * GB), row("e", amount=GB)], name="c")
    assert told() == ["allowance_low email", "allowance_low sms", "allowance_used_up email", "allowance_used_up sms"]
    assert sms("allowance_used_up").startswith("10 GB used up. Add more: ")


def test_who_uses_all_at_once_hears_only_that(owned: Line, load: Load) -> None:
    allowance(owned, 1200, unit="voice")
    load([row("a", unit="voice", amount=1500)])
    assert told() == ["allowance_used_up email", "allowance_used_up sms"]
    assert sms("allowance_used_up").startswith("20 minutes used up.")


def test_of_an_unlimited_one_it_is_told_that_it_goes_on_slower(owned: Line, load: Load) -> None:
    allowance(owned, None)  # a megabyte at full speed
    load([row("a", amount=2 * MB)])
    assert "at 64 kbit/s" in sms("allowance_used_up")


def test_what_is_over_or_was_told_is_no_news(owned: Line, load: Load) -> None:
    allowance(owned, 10, ends=NOW - 3 * DAY)
    load([row("late", amount=10, at=NOW - 4 * DAY)])
    assert told() == []


def test_who_renews_before_the_morning_is_not_told(owned: Line, load: Load, settings: Any) -> None:
    from plans import periods, reminders
    from plans.models import Allowance, Plan

    period = periods.begin(line=owned, plan=Plan.objects.get(code="month-5"), now=NOW - DAY, origin="test:month")
    Allowance.objects.filter(period=period, unit="data").update(used=5 * GB - 1)
    load([row("a", amount=1, at=NOW)])
    assert reminders.withdraw(owned) == len(told()) == 2


def test_where_it_goes_on_from_credit_the_message_says_at_what_price(owned: Line, load: Load) -> None:
    from plans import periods
    from plans.models import Allowance, Plan

    period = periods.begin(line=owned, plan=Plan.objects.get(code="month-flex-2"), now=NOW - DAY, origin="test:flex")
    Allowance.objects.filter(period=period, unit="data").update(used=2 * GB - 1)
    load([row("a", amount=1, at=NOW)])
    assert sms("allowance_used_up").startswith("2 GB used up. It goes on from your credit at €2.50 per GB.")


def test_where_its_owner_keeps_the_credit_it_does_not_go_on(owned: Line, load: Load) -> None:
    from plans import periods
    from plans.models import Allowance, Plan

    period = periods.begin(line=owned, plan=Plan.objects.get(code="month-flex-2"), now=NOW - DAY, origin="test:flex")
    Allowance.objects.filter(period=period, unit="data").update(used=2 * GB - 1)
    Line.objects.filter(pk=owned.pk).update(credit_use_off_at=NOW - DAY)
    load([row("a", amount=1, at=NOW)])
    assert sms("allowance_used_up").startswith("2 GB used up. Add more: ")
