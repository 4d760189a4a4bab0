"""Bars: nothing is higher than its picture, everything used is seen, and an allowance of any length is drawn."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Line, LineOwnership
from network.pages import allowance_page
from network.pages.chart import Bar, chart, rounded_up, ticks
from network.pages.owned import owned
from tests.network.conftest import Load
from tests.network.writing import DAY, HOUR, MB, NOW, allowance, row

amounts = st.lists(st.tuples(st.integers(0, 10**14), st.integers(0, 10**14)), min_size=1, max_size=60)


@given(
    amounts=amounts, unit=st.sampled_from(["data", "voice", "texts"]), pace=st.one_of(st.none(), st.integers(1, 10**14))
)
def test_every_bar_fits_and_whatever_was_used_is_seen(
    amounts: list[tuple[int, int]], unit: str, pace: int | None
) -> None:
    found = chart("x", unit, [Bar("", home, abroad) for home, abroad in amounts], pace=pace)
    if not any(home + abroad for home, abroad in amounts):
        assert found is None
        return
    assert found is not None
    assert found.top >= max(home + abroad for home, abroad in amounts)
    for bar in found.bars:
        assert 0 <= float(bar.home_height) + float(bar.abroad_height) <= 100 + 2.5
        assert (float(bar.home_height) > 0) == (bar.bar.home > 0)
        assert (float(bar.abroad_height) > 0) == (bar.bar.abroad > 0)
        assert 0 <= float(bar.x) <= float(bar.x) + float(bar.width) <= 100.01
    if found.pace_y:
        assert 0 <= float(found.pace_y) <= 100


@pytest.mark.parametrize(
    ("highest", "unit", "top"),
    [
        (1_234_567_890, "data", 2_000_000_000),
        (410_000_000, "data", 500_000_000),
        (7, "data", 8),
        (59, "voice", 80),
        (61, "voice", 120),
        (1400, "voice", 2400),
        (1, "texts", 2),
        (3, "texts", 4),
    ],
)
def test_an_axis_ends_on_a_number_that_people_count_in(highest: int, unit: str, top: int) -> None:
    assert rounded_up(highest, unit) == top


@pytest.mark.parametrize("count", [1, 7, 24, 25, 31, 53, 5000])
def test_few_bars_are_named(count: int) -> None:
    assert len(ticks(count, most=5)) <= 5
    assert ticks(count, most=5)[0] == 0


@pytest.mark.django_db
@pytest.mark.parametrize("days", [1, 30, 90, 390, 3650, 36500])
def test_an_allowance_of_any_length_is_drawn_with_few_bars(days: int, line: Line, load: Load) -> None:
    bucket = allowance(line, 100 * MB, begins=NOW - 3 * HOUR, ends=NOW - 3 * HOUR + DAY * days)
    load([row("a", amount=60 * MB, at=NOW - 2 * HOUR), row("b", amount=40 * MB, at=NOW - HOUR, country="FR")])
    bucket.refresh_from_db()
    own = owned(LineOwnership.objects.get(line=line).subscriber, line.pk, now=NOW)
    use = allowance_page.facts(own, bucket, now=NOW)["use"]
    assert use.total.amount == 100 * MB
    assert sum(each.total.amount for each in use.rows) == 100 * MB
    assert len(use.chart.bars) <= 60
    assert use.used_up
    assert timedelta(days=days) > timedelta(days=45) or not use.is_by_week
