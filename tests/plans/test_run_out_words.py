"""What is said of a run-out."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from plans import run_out_words
from plans.run_out import Forecast
from tests.plans.conftest import NOON

GB = 10**9
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _berlin():
    with timezone.override("Europe/Berlin"):
        yield


def forecast(
    early: float | None, likely: float | None, late: float | None, *, days: float = 10, is_slowing: bool = False
) -> Forecast:
    """Days from Friday, 15 May, noon."""

    def moment(after: float | None) -> datetime | None:
        return None if after is None else NOON + after * DAY

    return Forecast(
        now=NOON,
        until=NOON + days * DAY,
        early=moment(early),
        likely=moment(likely),
        late=moment(late),
        left=2_349_000_000,
        is_slowing=is_slowing,
    )


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (
            (2, 4, 6),
            "At your pace your data lasts until about Tue 19 May, between Sun 17 May and Thu 21 May.",
        ),
        ((0.1, 1, 3), "At your pace your data lasts until about Sat 16 May, between today and Mon 18 May."),
        ((4, 4.1, 4.2), "At your pace your data lasts until Tue 19 May."),
        ((0, 0.2, 1), "At your pace your data may be used up today."),
        (
            (4, 7, None),
            "At your pace your data lasts until about Fri 22 May, perhaps only until Tue 19 May, perhaps until the plan ends.",
        ),
        ((7, 7.1, None), "At your pace your data lasts until about Fri 22 May, or just until the plan ends."),
        (
            (8, None, None),
            "At your pace your data lasts until the plan ends. If you use more than usual, it could run out as early as Sat 23 May.",
        ),
        (
            (None, None, None),
            "At your pace your data lasts until the plan ends, with about 2.3\N{NO-BREAK SPACE}GB left over.",
        ),
    ],
)
def test_the_likely_day_comes_first_and_then_the_band(days, words):
    assert run_out_words.sentence(forecast(*days)) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((2, 4, 6), "At your pace you have full speed until about Tue 19 May, between Sun 17 May and Thu 21 May."),
        ((0, 0.2, 1), "At your pace full speed may end today."),
        ((None, None, None), "At your pace you have full speed until the plan ends."),
    ],
)
def test_what_slows_down_is_said_of_full_speed(days, words):
    assert run_out_words.sentence(forecast(*days, is_slowing=True)) == words


def test_days_are_those_of_the_readers_clock():
    with timezone.override("Asia/Tokyo"):
        assert run_out_words.sentence(forecast(4.3, 4.35, 4.4)) == "At your pace your data lasts until Wed 20 May."


@pytest.mark.parametrize(("days", "words"), [((2, 4, 6), "at your pace until about Tue 19 May"), ((4, None, None), "")])
def test_a_tile_says_it_shortly_or_not_at_all(days, words):
    assert run_out_words.short(forecast(*days)) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((20.4, 24.3, 28.1), "about 24 days (20–29)"),
        ((20.4, 24.3, None), "about 24 days (20–30)"),
        ((0.9, 1.2, 1.9), "about 1 day (0–2)"),
        ((0.2, 0.4, 0.6), "less than a day"),
        ((27.9, None, None), "likely lasts, 27 days at least"),
        ((0.5, None, None), "likely lasts"),
        ((None, None, None), "lasts, about 2.3\N{NO-BREAK SPACE}GB left over"),
    ],
)
def test_a_plan_is_said_in_days(days, words):
    assert run_out_words.of_plan(forecast(*days, days=30)) == words


def test_a_plan_that_slows_down_and_an_add_on_say_what_the_days_are():
    found = forecast(4.2, 5.4, 6.1, days=30)

    assert run_out_words.of_plan(found, is_slowing=True) == "full speed for about 5 days (4–7)"
    assert run_out_words.of_plan(forecast(None, None, None), is_slowing=True) == "full speed throughout"
    assert run_out_words.of_add_on(found) == "about 5 more days (4–7)"
    assert run_out_words.of_add_on(forecast(8, None, None)) == "enough until your plan ends"


@pytest.mark.parametrize(
    ("amount", "words"),
    [(23_700_000_000, "24 GB"), (2_349_000_000, "2.3 GB"), (960_000_000, "1 GB"), (487_000_000, "490 MB"), (0, "0 MB")],
)
def test_an_estimate_is_said_no_more_exactly_than_it_is(amount, words):
    assert run_out_words.about(amount).replace("\N{NO-BREAK SPACE}", " ") == words
