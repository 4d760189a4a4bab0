"""Forecasts as home and the plan list show them: each outlook, in the real words."""

from datetime import datetime, timedelta
from types import SimpleNamespace as Like
from typing import Any

from lib.wording import GIGABYTE
from plans import run_out_words
from plans.run_out import Forecast

DAY = timedelta(days=1)
#: Days from now to the heavy, the usual and the light case, of nine.
_CASES = {
    "runs-out": (3.2, 4.8, 7.4),
    "likely": (5.1, 7.6, None),
    "could": (6.9, None, None),
    "lasts": (None, None, None),
}


def forecast(outlook: str, *, now: datetime, is_slowing: bool = False) -> dict[str, Any]:
    """What a dashboard's context says of it."""
    early, likely, late = (now + days * DAY if days else None for days in _CASES[outlook])
    found = Forecast(
        now=now,
        until=now + 9 * DAY,
        early=early,
        likely=likely,
        late=late,
        left=2_350_000_000,
        is_slowing=is_slowing,
    )
    return {"forecast": found, "forecast_says": run_out_words.sentence(found)}


def _of_plan(now: datetime, early: float | None, likely: float | None, late: float | None, **more: Any) -> str:
    moments = {"early": early, "likely": likely, "late": late}
    found = Forecast(
        now=now,
        until=now + 30 * DAY,
        left=24 * GIGABYTE,
        **{name: now + days * DAY if days else None for name, days in moments.items()},  # type: ignore[arg-type]
    )
    return run_out_words.of_plan(found, **more)


def plans(context: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """The plan list with what each plan would mean, one of each kind."""
    said = [
        _of_plan(now, 8.6, 10.2, 13.9),
        _of_plan(now, 26.2, None, None),
        _of_plan(now, None, None, None),
        _of_plan(now, 15.1, 18.3, 22.5, is_slowing=True),
    ]
    for offer, words in zip(context["offers"], said, strict=False):
        offer.at_pace = words
    cells = [Like(value=words, is_advised=place == 1) for place, words in enumerate(said)]
    row = Like(words="At your pace", cells=cells[: len(context["offers"])])
    says = "You use about 490\N{NO-BREAK SPACE}MB a day, reckoned from 43 days of the last eight weeks."
    return context | {"comparison": [*context["comparison"], row], "pace_says": says}
