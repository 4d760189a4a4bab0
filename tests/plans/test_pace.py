"""How fast data is used: which days tell something, and how much each weighs."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plans.pace import HISTORY_DAYS, Case, DayUse, Pace, Spell, pace_of
from tests.plans.walking_days import BERLIN, DAY, GB, HABITS, at, days_of, spell

#: A Wednesday; its afternoon is now.
TODAY = date(2026, 5, 13)
NOW = at(TODAY, 15)


def back(*amounts: float) -> dict[date, float]:
    """GB of the days before today, yesterday first."""
    return {TODAY - number * DAY: amount for number, amount in enumerate(amounts, 1)}


def pace(amounts: dict[date, float], *spells: Spell, now: datetime = NOW) -> Pace:
    found = pace_of(days_of(amounts), spells or [spell(10)], now=now, zone=BERLIN)
    assert found is not None
    return found


def level(amounts: dict[date, float], *spells: Spell, now: datetime = NOW) -> float:
    return round(pace(amounts, *spells, now=now).level / GB, 3)


def test_even_days_are_their_own_pace():
    found = pace(back(*[0.5] * 20))

    assert (round(found.level), found.days_count) == (GB // 2, 20)
    assert found.rhythm == (1.0,) * 7


@pytest.mark.parametrize("days", [0, 1, 2])
def test_two_days_are_no_pace(days):
    assert pace_of(days_of(back(*[1.0] * days)), [spell(10)], now=NOW, zone=BERLIN) is None


def test_three_days_are_one_but_less_is_known_than_with_thirty():
    few, many = pace(back(1, 1, 1)), pace(back(*[1.0] * 30))

    assert (few.days_count, many.days_count) == (3, 30)
    assert few.known < 4 < many.known
    assert few.total(10, 10, Case.HEAVY) > many.total(10, 10, Case.HEAVY)
    assert few.total(10, 10, Case.LIGHT) < many.total(10, 10, Case.LIGHT)


def test_newer_days_weigh_more_half_after_two_weeks():
    assert level(back(*[2.0] * 14, *[1.0] * 14)) == pytest.approx((2 * 2 + 1) / 3, abs=0.001)


def test_what_is_older_than_eight_weeks_is_forgotten():
    assert level(back(*[1.0] * HISTORY_DAYS, *[9.0] * 20)) == 1


def test_a_day_without_use_counts_while_data_was_there():
    assert level(back(1, 0, 1, 0, 1, 0, 1)) == pytest.approx(0.57, abs=0.03)


def test_days_before_the_first_use_tell_nothing():
    found = pace(back(1, 1, 1, 1, *[0.0] * 20))

    assert (round(found.level / GB, 3), found.days_count) == (1, 4)


def test_days_without_a_plan_tell_nothing():
    before = spell(None, key="before", ends_at=at(TODAY - 20 * DAY))
    after = spell(5, key="after", starts_at=at(TODAY - 5 * DAY, 12))
    found = pace(back(*[1.0] * 5, *[0.0] * 15, *[1.0] * 5), before, after)

    assert found.days_count == 4 + 5  # on its first day the new plan ran for half the day
    assert round(found.level / GB, 3) == 1


def test_days_after_everything_was_used_up_tell_nothing_even_if_the_core_let_a_little_through():
    used_up = spell(0, key="before", granted=10 * GB, ends_at=at(TODAY - 4 * DAY))
    running = spell(10, key="after", starts_at=at(TODAY - 4 * DAY))
    amounts = days_of(back(1, 1, 1, 1, *[0.0] * 5, *[1.0] * 10))
    amounts[TODAY - 6 * DAY] = DayUse(GB // 100, 0)
    found = pace_of(amounts, [used_up, running], now=NOW, zone=BERLIN)

    assert found is not None
    assert (round(found.level / GB, 3), found.days_count) == (1, 14)


def test_slow_days_after_full_speed_tell_nothing():
    slow = spell(0, granted=5 * GB, is_slowing=True)
    found = pace(back(*[0.1] * 10, *[1.0] * 5), slow)

    assert (round(found.level / GB, 3), found.days_count) == (1, 5)


def test_today_is_no_day_yet_and_yesterday_none_until_its_records_had_time():
    amounts = {TODAY: 0.1} | back(0.2, *[1.0] * 10)

    assert level(amounts) < 0.95
    early = pace(amounts, now=at(TODAY, 11))
    assert (round(early.level / GB, 3), early.days_count) == (1, 10)
    assert early.arrived == {TODAY: GB // 10, TODAY - DAY: GB // 5}


def test_silence_of_two_days_may_be_records_that_are_late_of_three_is_none():
    late = pace(back(0, 0, 1, 1, 1, 1))
    silent = pace(back(0, 0, 0, 1, 1, 1, 1))

    assert (round(late.level / GB, 3), late.days_count) == (1, 4)
    assert set(late.arrived) == {TODAY, TODAY - DAY, TODAY - 2 * DAY}
    assert (silent.days_count, round(silent.level / GB, 2) < 0.9) == (5, True)


def test_what_is_late_is_reckoned_with_at_once():
    found = pace(back(0, 0, 1, 1, 1, 1))
    first, *_rest = found.ahead(now=NOW, until=NOW + DAY)

    assert (first.starts_at, first.ends_at, first.load) == (NOW, NOW, 2)


def test_of_today_comes_what_a_day_usually_has_and_has_not_come_yet():
    def rest(arrived: float) -> float:
        stretches = list(pace({TODAY: arrived} | back(*[1.0] * 10)).ahead(now=NOW, until=NOW + 3 * DAY))
        assert stretches[0].ends_at == at(TODAY + DAY)
        return round(stretches[0].load, 3)

    assert rest(0.25) == 0.75
    assert rest(3) == round(9 / 24, 3)  # a heavy morning does not make the evening empty


def test_weekends_may_differ_once_four_weeks_were_seen():
    def amounts(days: int) -> dict[date, float]:
        known = (TODAY - number * DAY for number in range(1, days + 1))
        return {day: 2.0 if day.weekday() >= 5 else 0.5 for day in known}

    month, fortnight = pace(amounts(35)), pace(amounts(14))

    assert fortnight.rhythm == (1.0,) * 7
    assert min(month.rhythm[5:]) > 1.4
    assert max(month.rhythm[:5]) < 0.85
    assert sum(month.rhythm) == pytest.approx(7)
    assert month.unevenness < fortnight.unevenness


def test_what_chance_makes_of_days_of_the_week_is_hardly_believed():
    factors: list[float] = []
    for number in range(30):
        dice = random.Random(number)
        factors += pace(back(*(HABITS["wild"](dice, TODAY) for _ in range(56)))).rhythm

    assert sum(abs(factor - 1) for factor in factors) / len(factors) < 0.12


def test_days_are_those_of_the_line():
    night = datetime(2026, 5, 12, 22, 30, tzinfo=UTC)  # Berlin's 13th
    berlin = pace_of(days_of(back(*[1.0] * 10)), [spell(5)], now=night, zone=BERLIN)
    new_york = pace_of(days_of(back(*[1.0] * 10)), [spell(5)], now=night, zone=ZoneInfo("America/New_York"))

    assert berlin is not None
    assert new_york is not None
    assert (TODAY in berlin.arrived, TODAY in new_york.arrived, TODAY - DAY in new_york.arrived) == (True, False, True)


def test_a_day_of_23_hours_is_a_whole_day():
    change = date(2026, 3, 29)
    found = pace({change - number * DAY: 1.0 for number in range(1, 10)}, now=at(change - DAY, 20))
    loads = {one.starts_at: round(one.load, 6) for one in found.ahead(now=at(change), until=at(change + 2 * DAY))}

    assert at(change + DAY) - at(change) == timedelta(hours=23)
    assert loads[at(change)] == loads[at(change + DAY)] == 1


def test_totals_grow_in_every_case_and_stand_in_order():
    found = pace(back(0, 3, 0.1, 0, 0.2, 2, 0.1, 0.1))
    for case in Case:
        totals = [found.total(load / 10, load / 10, case) for load in range(1, 600)]
        assert totals == sorted(totals)
    light, usual, heavy = (found.total(10, 10, case) for case in Case)
    assert light < usual < heavy
