"""How long a line lives: by its plan, its top-ups and its uses; what moves on by itself, what is told of it, and what brings it back."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.models import Line, LineState
from notifications.models import Message, MessageState
from plans import lapsing, life, line_reminders, periods, reminders
from plans.models import PlanPeriod
from tests import cast
from tests.plans.conftest import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def line(catalogue: None) -> Line:
    """Anna's line, in use, topped up at NOON; her e-mail is proven."""
    anna = cast.anna()
    EmailAddress.objects.update_or_create(user=anna, email=anna.email, defaults={"verified": True, "primary": True})
    line: Line = anna.lines.get()
    with transaction.atomic():
        life.topped_up(line, now=NOON)
    return line


def told() -> list[str]:
    return sorted(f"{kind}:{channel}" for kind, channel in Message.objects.values_list("kind", "channel"))


def state_of(line: Line) -> str:
    line.refresh_from_db()
    return line.state


def beat(at: datetime) -> None:
    lapsing.lapse(now=at)
    line_reminders.remind(now=at)
    reminders.remind(now=at)


def beat_on(days: Iterable[int]) -> list[str]:
    """What is told on each of these days after NOON, with its date."""
    said, known = [], set(Message.objects.values_list("pk", flat=True))
    for day in sorted(set(days)):
        now = NOON + day * DAY
        beat(now)
        new = Message.objects.exclude(pk__in=known).order_by("pk")
        known |= {message.pk for message in new}
        said += [f"{now:%d %b} {message.kind}:{message.channel}" for message in new]
    return said


# --- In use ----------------------------------------------------------------------------------------------------------------


def test_credit_keeps_a_line_in_use_for_so_long_after_the_last_top_up(line: Line) -> None:
    assert life.of(line, last_end=None).grace_at == NOON + 180 * DAY
    beat(NOON + 180 * DAY - HOUR)
    assert state_of(line) == LineState.ACTIVE
    beat(NOON + 180 * DAY)
    assert state_of(line) == LineState.GRACE
    assert (line.state_since, line.state_reason) == (NOON + 180 * DAY, "not used")


def test_use_on_credit_counts_for_half_as_long(line: Line) -> None:
    Line.objects.update(last_charged_use_at=NOON + 100 * DAY)
    line.refresh_from_db()
    assert life.of(line, last_end=None).grace_at == NOON + 190 * DAY
    beat(NOON + 189 * DAY)
    assert state_of(line) == LineState.ACTIVE
    beat(NOON + 191 * DAY)
    assert state_of(line) == LineState.GRACE


def test_a_plan_that_runs_keeps_the_line_whatever_else(line: Line, plan_of: Any) -> None:
    later = NOON + 170 * DAY
    period = periods.begin(line=line, plan=plan_of("month-15"), now=later, origin="order:1")
    beat(period.ends_at - HOUR)
    assert state_of(line) == LineState.ACTIVE
    assert life.of(line, last_end=period.ends_at).grace_at == period.ends_at
    beat(period.ends_at)
    assert state_of(line) == LineState.GRACE


def test_a_period_that_was_taken_back_keeps_nothing(line: Line, plan_of: Any) -> None:
    period = periods.begin(line=line, plan=plan_of("month-15"), now=NOON + 175 * DAY, origin="order:1")
    PlanPeriod.objects.filter(pk=period.pk).update(cancelled_at=NOON + 176 * DAY)
    beat(NOON + 181 * DAY)
    assert state_of(line) == LineState.GRACE


@pytest.mark.parametrize("state", [LineState.STOCK, LineState.BLOCKED])
def test_stock_and_blocked_lines_are_not_swept(line: Line, state: LineState) -> None:
    other = cast.line_of("+4917604069029")
    if state == LineState.BLOCKED:
        other.move_to(state, reason="lost")
    beat(NOON + 4000 * DAY)
    assert state_of(other) == state


def test_what_is_held_waits(line: Line) -> None:
    held = Line.objects.filter(pk=line.pk).values("pk")
    assert lapsing.lapse(now=NOON + 200 * DAY, held=held) == 0
    assert lapsing.lapse(now=NOON + 200 * DAY) == 1


# --- Asleep ----------------------------------------------------------------------------------------------------------------


def test_each_state_lasts_its_time_counted_from_when_it_began(line: Line) -> None:
    grace = NOON + 183 * DAY  # nobody looked for three days
    beat(grace)
    lives = life.of(_read(line), last_end=None)
    assert (lives.suspended_at, lives.released_at) == (grace + 30 * DAY, grace + 90 * DAY)
    beat(grace + 30 * DAY - HOUR)
    assert state_of(line) == LineState.GRACE
    beat(grace + 30 * DAY)
    assert state_of(line) == LineState.SUSPENDED
    assert life.of(line, last_end=None).released_at == grace + 90 * DAY


def _read(line: Line) -> Line:
    line.refresh_from_db()
    return line


@pytest.mark.parametrize("asleep", [LineState.GRACE, LineState.SUSPENDED])
def test_a_top_up_brings_it_back_and_counts_from_then(line: Line, asleep: LineState) -> None:
    line.move_to(asleep, reason="not used")
    with transaction.atomic():
        life.topped_up(line, now=NOON + 200 * DAY)
    assert state_of(line) == LineState.ACTIVE
    assert life.of(line, last_end=None).grace_at == NOON + 380 * DAY


def test_many_lines_move_in_a_few_statements(line: Line, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        other = cast.line_of(f"+49176040691{number:02}")
        other.move_to(LineState.ACTIVE, reason="import")
    Line.objects.update(last_top_up_at=NOON, created_at=NOON)
    with django_assert_max_num_queries(12):
        assert lapsing.lapse(now=NOON + 181 * DAY) == 31


# --- What is told ----------------------------------------------------------------------------------------------------------


def test_a_forgotten_line_is_told_each_date_once_and_in_time(line: Line) -> None:
    around = [range(day - 2, day + 3) for day in (173, 180, 203, 210, 240, 263, 270)]
    said = beat_on(chain(range(165, 271, 6), *around))
    assert said == [
        "04 Nov grace_coming:sms",
        "04 Nov grace_coming:email",
        "11 Nov grace_begun:sms",
        "11 Nov grace_begun:email",
        "04 Dec suspension_coming:sms",
        "04 Dec suspension_coming:email",
        "10 Jan release_coming:email",
        "02 Feb release_coming:email",
    ]


def test_the_news_that_the_plan_has_ended_says_that_the_line_only_receives(line: Line, plan_of: Any) -> None:
    period = periods.begin(line=line, plan=plan_of("month-15"), now=NOON + 170 * DAY, origin="order:1")
    beat(period.ends_at - 2 * HOUR)
    beat(period.ends_at)
    assert told() == ["expiry_reminder:email", "expiry_reminder:sms", "plan_ended:email", "plan_ended:sms"]
    ended = Message.objects.filter(kind="plan_ended")
    assert [message.context["only_receives"] for message in ended] == [True, True]
    beat(period.ends_at + 2 * DAY)
    assert len(told()) == 4


def test_while_credit_keeps_it_the_plans_end_says_nothing_of_the_line(line: Line, plan_of: Any) -> None:
    period = periods.begin(line=line, plan=plan_of("month-15"), now=NOON, origin="order:1")
    beat(period.ends_at)
    assert not any(message.context["only_receives"] for message in Message.objects.filter(kind="plan_ended"))


def test_after_an_outage_of_weeks_only_what_still_matters_is_told(line: Line) -> None:
    lapsing.lapse(now=NOON + 181 * DAY)
    assert beat_on([206, 207]) == [
        "07 Dec suspension_coming:sms",
        "07 Dec suspension_coming:email",
    ]


def test_at_night_it_waits_for_the_morning(line: Line) -> None:
    night = (NOON + 174 * DAY).replace(hour=1)
    beat(night)
    assert told() == []
    beat(night.replace(hour=7))
    assert told() == ["grace_coming:email", "grace_coming:sms"]


@pytest.mark.parametrize("way", ["top-up", "plan"])
def test_who_pays_hears_nothing_more_of_it(line: Line, plan_of: Any, way: str) -> None:
    beat(NOON + 175 * DAY)
    now = NOON + 175 * DAY + HOUR
    with transaction.atomic():
        if way == "top-up":
            life.topped_up(line, now=now)
        else:
            periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")
            reminders.withdraw(line)
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.SUPPRESSED}


def test_a_top_up_and_another_forgotten_half_year_are_told_again(line: Line) -> None:
    beat(NOON + 175 * DAY)
    with transaction.atomic():
        life.topped_up(line, now=NOON + 176 * DAY)
    beat(NOON + 351 * DAY)
    assert told() == ["grace_coming:email", "grace_coming:email", "grace_coming:sms", "grace_coming:sms"]
