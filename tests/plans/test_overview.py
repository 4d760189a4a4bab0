"""What the dashboard says about a line's plans."""

from datetime import datetime, timedelta

import pytest
from django.db.models import JSONField, Value
from django.utils import timezone

from plans import periods, run_out_words
from plans.models import Allowance, ZoneCountry
from plans.overview import Bucket, overview
from plans.run_out import Forecast
from tests.plans.conftest import NOON

GB = 10**9
DAY = timedelta(days=1)


@pytest.fixture
def month(line, plan_of, now):
    return periods.begin(line=line, plan=plan_of("month-15"), now=now, origin="order:1")


def use(period, unit: str, amount: int) -> None:
    Allowance.objects.filter(period=period, unit=unit).update(used=amount)


def test_a_line_without_a_plan_has_nothing(line, now, django_assert_num_queries):
    with django_assert_num_queries(2):
        seen = overview(line, now=now)

    assert (seen.period, seen.queued, seen.add_ons, seen.main, seen.buckets, seen.ended_at, seen.usual_plan) == (
        None, [], [], None, [], None, None,
    )  # fmt: skip
    assert seen.standing.kind == "none"


def test_everything_comes_in_two_statements_however_much_there_is(month, line, plan_of, now, django_assert_num_queries):
    for number in range(2, 12):
        periods.queue(line=line, plan=plan_of("month-5"), now=now, origin=f"order:{number}")
        periods.add_on(line=line, plan=plan_of("more-5"), now=now, origin=f"add:{number}")

    with django_assert_num_queries(2):
        seen = overview(line, now=now + DAY)
        assert len(seen.buckets) == 12
        assert {bucket.title for bucket in seen.buckets} == {"Minutes", "Texts", "More 5"}
        assert [period.plan.code for period in seen.queued] == ["month-5"] * 10
        assert len(seen.add_ons) == 10

    assert (seen.period, seen.next_period) == (month, seen.queued[0])
    assert seen.standing.kind == "next_paid"
    assert seen.usual_plan == plan_of("month-5")


def test_the_plans_own_data_is_the_main_figure_and_minutes_come_before_add_ons(month, line, plan_of, now):
    periods.add_on(line=line, plan=plan_of("world-2"), now=now, origin="order:2")
    use(month, "data", 9 * GB)

    seen = overview(line, now=now + 6 * DAY)

    assert seen.main is not None
    assert (seen.main.unit, seen.main.remaining, seen.main.granted, seen.main.percent_left) == (
        "data",
        6 * GB,
        15 * GB,
        40,
    )
    assert [(bucket.unit, bucket.title) for bucket in seen.buckets] == [
        ("voice", "Minutes"),
        ("texts", "Texts"),
        ("data", "World 2"),
        ("voice", "World 2"),
        ("texts", "World 2"),
    ]


def test_what_is_frozen_over_or_not_begun_is_not_shown(month, line, plan_of, now):
    periods.queue(line=line, plan=plan_of("month-40"), now=now, origin="order:2")
    add_on = periods.add_on(line=line, plan=plan_of("world-2"), now=now, origin="order:3")
    Allowance.objects.filter(period=month, unit="texts").update(frozen_at=now)

    seen = overview(line, now=add_on.ends_at)

    assert [bucket.unit for bucket in seen.buckets] == ["voice"]
    assert seen.add_ons == []


def test_ten_days_of_31_leave_two_thirds_at_an_even_pace(month, line, now):
    main = overview(line, now=now + 10 * DAY).main

    assert main is not None
    assert (main.pace_percent, main.percent_left, main.is_low, main.says) == (68, 100, False, "")


def used(*days: tuple[int, int]) -> Value:
    """The column of used days: (days before `NOON`, MB)."""
    sizes = [(ago, amount * 10**6) for ago, amount in days]
    rows = [{"day": f"{(NOON - ago * DAY).date()}", "amount": size, "covered": size} for ago, size in sizes]
    return Value(rows, JSONField())


def likely(forecast: Forecast | None) -> datetime:
    assert forecast is not None
    assert forecast.likely is not None
    return forecast.likely


def test_who_uses_it_too_fast_is_told_until_when_it_lasts_in_the_same_two_statements(
    month, line, now, django_assert_num_queries
):
    use(month, "data", 10 * GB)
    days = used(*[(-ago, 1000) for ago in range(11)])
    with django_assert_num_queries(2), timezone.override("Europe/Berlin"):
        seen = overview(line, now=now + 10 * DAY, used=days)
        assert seen.forecast is not None
        assert run_out_words.sentence(seen.forecast) == (
            "At your pace your data lasts until about Sat 30 May, between Fri 29 May and Mon 1 Jun."
        )
        assert seen.main is not None
        assert seen.main.forecast == seen.forecast


def test_nothing_is_forecast_unless_the_use_was_read(month, line, now):
    use(month, "data", 10 * GB)
    seen = overview(line, now=now + 10 * DAY)

    assert (seen.history, seen.forecast) == (None, None)


def test_days_before_the_plan_began_tell_nothing_and_too_few_after_it_no_forecast(month, line, now):
    use(month, "data", 3 * GB)
    days = used(*[(ago, 1000) for ago in range(-2, 20)])
    seen = overview(line, now=now + 3 * DAY, used=days)

    assert seen.history is not None
    assert (seen.history.pace, seen.forecast) == (None, None)


def test_an_add_on_that_ends_first_is_used_first_and_the_plan_lasts_longer_for_it(month, line, plan_of, now):
    use(month, "data", 10 * GB)
    days = used(*[(-ago, 1000) for ago in range(11)])
    alone = overview(line, now=now + 10 * DAY, used=days).forecast
    periods.add_on(line=line, plan=plan_of("world-2"), now=now + 10 * DAY, origin="order:2")
    seen = overview(line, now=now + 10 * DAY, used=days)

    tile = next(bucket for bucket in seen.buckets if bucket.unit == "data")
    assert seen.main is not None
    assert (likely(seen.forecast) - likely(alone)).days == 2
    assert likely(seen.main.forecast) == likely(seen.forecast)
    assert likely(tile.forecast) < tile.expires_at
    with timezone.override("Europe/Berlin"):
        assert (tile.says, tile.says_until) == ("", "at your pace until about Wed 27 May")


def test_data_that_does_not_work_at_home_is_not_reckoned_with(month, line, plan_of, now):
    use(month, "data", 10 * GB)
    days = used(*[(-ago, 1000) for ago in range(11)])
    alone = overview(line, now=now + 10 * DAY, used=days).forecast
    periods.add_on(line=line, plan=plan_of("world-2"), now=now + 10 * DAY, origin="order:2")
    ZoneCountry.objects.filter(zone__code="world", country="DE").delete()

    assert overview(line, now=now + 10 * DAY, used=days).forecast == alone


def test_low_is_below_a_fifth_and_used_up_says_so(month, line, now):
    def main() -> Bucket:
        found = overview(line, now=now + 20 * DAY).main
        assert found is not None
        return found

    use(month, "data", 12 * GB)
    assert (main().percent_left, main().is_low) == (20, False)
    use(month, "data", 12 * GB + 1)
    assert (main().percent_left, main().is_low) == (19, True)
    use(month, "data", 15 * GB)
    assert (main().percent_left, main().remaining, main().is_low, main().says) == (0, 0, True, "used up")


def test_unlimited_minutes_have_no_level(line, plan_of, now):
    periods.begin(line=line, plan=plan_of("month-40"), now=now, origin="order:1")
    voice = overview(line, now=now).buckets[0]

    assert (voice.unit, voice.granted, voice.remaining, voice.percent_left, voice.is_low, voice.says) == (
        "voice", None, None, 100, False, "",
    )  # fmt: skip


def test_after_the_end_it_is_said_when_that_was_and_what_to_renew(month, line, now):
    seen = overview(line, now=month.ends_at)

    assert (seen.period, seen.main, seen.buckets) == (None, None, [])
    assert seen.ended_at == month.ends_at
    assert seen.usual_plan == month.plan
    assert seen.standing.kind == "ended"
