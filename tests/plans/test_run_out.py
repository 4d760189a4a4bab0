"""Until when data lasts: played against plain sums, and against made-up people whose days are known."""

import random
from datetime import date, timedelta
from statistics import fmean
from time import perf_counter

import pytest

from plans.pace import Pace, pace_of
from plans.run_out import Forecast, Outlook, forecast, forecast_each, of_amount
from tests.plans.walking_days import BERLIN, DAY, GB, HABITS, LONG, at, days_of, share, spell, true_end

TODAY = date(2026, 5, 13)
NOW = at(TODAY)
#: Somebody whose every day is the same: 1 GB.
EVEN = Pace(level=GB, unevenness=1e-9, known=1e9, days_count=50, zone=BERLIN)
#: The band of such a person is what habits may change, a tenth up or down.
NARROW = timedelta(days=2)


def days_until(found: Forecast) -> float:
    assert found.likely is not None
    return round((found.likely - NOW) / DAY, 1)


def test_ten_gb_last_ten_days_at_one_a_day():
    found = forecast(EVEN, [spell(10)], now=NOW, until=NOW + 30 * DAY)

    assert found is not None
    assert days_until(found) == 10
    assert found.early is not None
    assert found.late is not None
    assert found.likely is not None
    assert timedelta(0) < found.likely - found.early < NARROW
    assert timedelta(0) < found.late - found.likely < NARROW
    assert found.outlook == Outlook.RUNS_OUT


@pytest.mark.parametrize(
    ("room", "outlook"),
    [(8, Outlook.RUNS_OUT), (9.7, Outlook.LIKELY), (10.5, Outlook.COULD), (13, Outlook.LASTS)],
)
def test_ten_days_are_left_and_the_outlook_follows_from_what_is_left(room, outlook):
    found = forecast(EVEN, [spell(room)], now=NOW, until=NOW + 10 * DAY)

    assert found is not None
    assert found.outlook == outlook


def test_what_is_left_over_is_said_of_the_usual_case():
    found = forecast(EVEN, [spell(13)], now=NOW, until=NOW + 10 * DAY)

    assert found is not None
    assert found.left == pytest.approx(3 * GB, rel=0.02)


@pytest.mark.parametrize("spells", [[], [spell(0)], [spell(5, ends_at=NOW)], [spell(5), spell(None, key="more")]])
def test_what_is_empty_over_or_without_limit_has_no_forecast(spells):
    assert forecast(EVEN, spells, now=NOW, until=NOW + 10 * DAY) is None


def test_who_uses_nothing_has_no_forecast():
    idle = Pace(level=0, unevenness=0.6, known=10, days_count=10, zone=BERLIN)

    assert forecast(idle, [spell(5)], now=NOW, until=NOW + 10 * DAY) is None
    assert forecast_each(idle, [spell(5)], now=NOW) == {}


def test_what_ends_first_is_used_first_and_what_is_left_of_it_lost():
    soon = spell(5, key="soon", ends_at=NOW + 3 * DAY)
    found = forecast(EVEN, [spell(4), soon], now=NOW, until=NOW + 20 * DAY)
    each = forecast_each(EVEN, [spell(4), soon], now=NOW)

    assert found is not None
    assert days_until(found) == 3 + 4
    assert each["soon"].outlook == Outlook.LASTS
    assert each["soon"].left == pytest.approx(2 * GB, rel=0.03)
    assert days_until(each["plan"]) == 7


def test_when_the_plan_is_empty_and_the_add_on_ends_data_is_over_too():
    found = forecast(EVEN, [spell(0), spell(9, key="more", ends_at=NOW + 3.5 * DAY)], now=NOW, until=NOW + 20 * DAY)

    assert found is not None
    assert (found.early, found.likely, found.late) == (NOW + 3.5 * DAY,) * 3


def test_what_begins_later_is_not_waited_for():
    later = spell(50, key="later", starts_at=NOW + 8 * DAY)
    found = forecast(EVEN, [spell(5), later], now=NOW, until=NOW + 30 * DAY)

    assert found is not None
    assert days_until(found) == 5


def test_what_slows_down_is_forecast_to_the_end_of_full_speed():
    found = forecast(EVEN, [spell(6, is_slowing=True)], now=NOW, until=NOW + 30 * DAY)

    assert found is not None
    assert (days_until(found), found.is_slowing) == (6, True)


def test_an_amount_of_a_plan_begins_afresh_whatever_is_late():
    late = Pace(level=GB, unevenness=1e-9, known=1e9, days_count=50, zone=BERLIN, arrived={TODAY: 0, TODAY - DAY: 0})

    assert days_until(of_amount(late, 5 * GB, now=NOW, until=NOW + 30 * DAY)) == 5


def test_the_band_is_drawn_between_now_and_the_end():
    found = forecast(EVEN, [spell(10)], now=NOW, until=NOW + 20 * DAY)

    assert found is not None
    assert 44 <= found.early_percent < found.likely_percent == 50
    assert found.early_percent + found.band_percent <= 57
    lasting = forecast(EVEN, [spell(50)], now=NOW, until=NOW + 20 * DAY)
    assert lasting is not None
    assert not lasting.is_drawn


def played(habit: str, *, history: int, people: int = 150) -> tuple[float, float]:
    """How often the true end is within the band, and the median of its width by what is likely."""
    inside, widths = [], []
    usual = fmean(HABITS[habit](random.Random(day), TODAY + day * DAY) for day in range(700))
    for number in range(people):
        dice = random.Random(f"{habit} {history} {number}")
        today = TODAY + number * DAY
        past = {today - ago * DAY: HABITS[habit](dice, today - ago * DAY) for ago in range(1, history + 1)}
        room, now = usual * (15 + 10 * dice.random()), at(today)
        found_pace = pace_of(days_of(past), [spell(room, ends_at=now + 500 * DAY)], now=now + DAY / 2, zone=BERLIN)
        assert found_pace is not None
        found = of_amount(found_pace, int(room * GB), now=now, until=now + LONG)
        assert found.early is not None
        assert found.likely is not None
        end = true_end(HABITS[habit], dice, first=today, room=room)
        late = found.late or found.until
        inside.append(found.early <= end <= late)
        widths.append((late - found.early) / (found.likely - now))
    return share(inside), sorted(widths)[people // 2]


@pytest.mark.parametrize(
    ("habit", "widest"), [("even", 0.6), ("films", 1.2), ("weekends", 0.9), ("wild", 1.2), ("seldom", 1.7)]
)
def test_the_true_end_is_in_the_band_four_times_in_five_and_the_band_tells_something(habit, widest):
    inside, width = played(habit, history=56)

    assert 0.70 <= inside <= 0.97
    assert 0.2 < width < widest


def test_with_a_week_the_band_is_wider_than_with_eight():
    assert played("even", history=7)[1] > played("even", history=56)[1] * 1.3


def test_a_line_is_reckoned_in_a_few_milliseconds():
    dice = random.Random(1)
    used = days_of({TODAY - ago * DAY: HABITS["weekends"](dice, TODAY - ago * DAY) for ago in range(57)})
    spells = [spell(20), spell(2, key="more", ends_at=NOW + 5 * DAY)]

    def once() -> float:
        began = perf_counter()
        found = pace_of(used, spells, now=NOW, zone=BERLIN)
        assert found is not None
        forecast(found, spells, now=NOW, until=NOW + 30 * DAY)
        forecast_each(found, spells, now=NOW)
        return perf_counter() - began

    assert min(once() for _ in range(20)) < 0.005
