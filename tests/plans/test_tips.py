"""Tips come from what was used, and say from which figure; where nothing fits there are none."""

from collections.abc import Sequence

import pytest

from lib.wording import GIGABYTE, MEGABYTE
from plans.advising.stretch import Use
from plans.advising.tips import Habits, tips


def data(*amounts: int, country: str = "DE") -> list[Use]:
    return [{(country, "data"): amount} for amount in amounts]


def titles(habits: Habits) -> list[str]:
    return [tip.title for tip in tips(habits)]


#: Little, and by no rule.
PLAIN = data(*[50 * MEGABYTE, 90 * MEGABYTE, 0] * 10)


def test_ordinary_use_gets_no_tip() -> None:
    assert titles(Habits("DE", PLAIN)) == []


def test_no_use_at_all_gets_no_tip() -> None:
    assert titles(Habits("DE", [{}] * 30)) == []


@pytest.mark.parametrize(
    ("days", "more", "title", "figure"),
    [
        (PLAIN, {"short_days": 2}, "Do not run dry", "On 2 days"),
        (PLAIN, {"credit_minor": 120, "credit": "€1.20"}, "Mind what goes from credit", "€1.20"),
        (
            [*PLAIN, *data(*[90 * MEGABYTE] * 10, country="FR")],
            {},
            "Prepare for abroad",
            "900\N{NO-BREAK SPACE}MB of 2.3\N{NO-BREAK SPACE}GB of data, 39 %",
        ),
        (
            [*PLAIN, *data(GIGABYTE)],
            {},
            "Leave the big things to Wi-Fi",
            "1.1\N{NO-BREAK SPACE}GB of 2.4\N{NO-BREAK SPACE}GB",
        ),
        (data(*[300 * MEGABYTE] * 30), {}, "Look at data in the background", "300\N{NO-BREAK SPACE}MB or more"),
        ([*PLAIN, {("DE", "texts"): 75}], {}, "Write over data", "75 texts"),
    ],
    ids=["ran-dry", "credit", "abroad", "busiest", "every-day", "texts"],
)
def test_each_tip_has_its_reason_and_comes_alone(
    days: Sequence[Use], more: dict[str, object], title: str, figure: str
) -> None:
    found = tips(Habits("DE", days, **more))  # type: ignore[arg-type]

    assert [tip.title for tip in found] == [title]
    assert figure in found[0].figure


def test_a_day_or_two_abroad_is_no_reason() -> None:
    assert titles(Habits("DE", [*PLAIN, *data(200 * MEGABYTE, country="FR")])) == []
