"""One state in words."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from plans import periods
from plans.models import PlanPeriod
from plans.standing import Standing, standing_of
from tests.plans.oracle import on

BERLIN = "Europe/Berlin"
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def month(line, plan_of, now) -> PlanPeriod:
    return periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")


def standing(now, **more) -> Standing:
    return standing_of(PlanPeriod.objects.standing(), now=now, **more)


def words(state: Standing, zone: str = BERLIN) -> tuple[str, str]:
    with timezone.override(zone):
        return (state.kind.value, state.words)


def test_no_plan_yet(catalogue, now):
    assert words(standing(now)) == ("none", "No plan yet")


def test_renewed_until(month, now):
    assert words(standing(now)) == ("renewed", "Renewed until Mon 15 Jun, 12:00")


def test_renewed_until_in_the_readers_zone_and_at_midnight_the_day_before(line, plan_of):
    begun = on("2026-05-15 00:00", BERLIN)
    periods.begin(line=line, plan=plan_of("month-15"), now=begun, origin="order:1")

    assert words(standing(begun)) == ("renewed", "Renewed until Sun 14 Jun, 24:00")
    assert words(standing(begun), "Asia/Shanghai") == ("renewed", "Renewed until Mon 15 Jun, 06:00")


def test_three_days_before_the_end_it_ends_soon(month):
    assert standing(month.ends_at - 3 * DAY - SECOND).kind == "renewed"
    assert words(standing(month.ends_at - 3 * DAY)) == ("ends_soon", "Ends in 3 days")
    assert words(standing(month.ends_at - 5 * HOUR)) == ("ends_soon", "Ends in 5 hours")
    assert words(standing(month.ends_at - SECOND)) == ("ends_soon", "Ends in 0 minutes")


def test_a_day_plan_ends_soon_only_in_its_last_two_hours(line, plan_of, now):
    day = periods.begin(line=line, plan=plan_of("day-1"), now=now, origin="order:1")

    assert words(standing(now)) == ("renewed", "Renewed until Sat 16 May, 12:00")
    assert standing(day.ends_at - 2 * HOUR).kind == "ends_soon"


def test_next_plan_paid_says_more_than_any_date(month, line, plan_of, now):
    queued = periods.queue(line=line, plan=plan_of("month-5"), now=now, origin="order:2")

    state = standing(month.ends_at - HOUR, is_waiting=True)

    assert words(state) == ("next_paid", "Next plan paid")
    assert (state.ends_at, state.next_starts_at, state.next_ends_at) == (month.ends_at, month.ends_at, queued.ends_at)


def test_waiting_for_your_payment(month, now):
    assert words(standing(now, is_waiting=True)) == ("waiting", "Waiting for your payment")
    assert words(standing(month.ends_at, is_waiting=True)) == ("waiting", "Waiting for your payment")


def test_ended_in_the_second_of_the_end(month):
    state = standing(month.ends_at)

    assert words(state) == ("ended", "Ended")
    assert state.ends_at == month.ends_at


def test_the_words_follow_the_readers_language(month, now):
    state = standing(now)
    with translation.override("zh-hans"), timezone.override(BERLIN):
        assert "6月15日" in state.words
