"""The time line as it is drawn: how wide each period is, in thousandths of what is shown. The list below it says the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.queued.listing import Place

WIDTH = 1000
#: Between two periods, and the least a period is drawn with: a day behind a quarter is still seen.
_GAP, _LEAST = 6, 24


@dataclass(frozen=True)
class Bar:
    """`kind`: run, next, going (to be cancelled) or frozen."""

    x: int
    width: int
    kind: str


@dataclass(frozen=True)
class Span:
    """`now_x`: where this moment lies; None when nothing runs."""

    bars: list[Bar]
    now_x: int | None
    starts_at: datetime
    ends_at: datetime


def drawn(places: Sequence[Place], *, now: datetime) -> Span | None:
    """None when there is nothing to draw."""
    if not places:
        return None
    widths = _widths([(place.period.ends_at - place.period.starts_at).total_seconds() for place in places])
    bars, x, now_x = [], 0, None
    for place, width in zip(places, widths, strict=True):
        bars.append(Bar(x, width, _kind(place)))
        if place.is_running:
            whole = (place.period.ends_at - place.period.starts_at).total_seconds()
            now_x = x + round(width * (now - place.period.starts_at).total_seconds() / whole)
        x += width + _GAP
    return Span(bars, now_x, places[0].period.starts_at, places[-1].period.ends_at)


def _widths(seconds: Sequence[float]) -> list[int]:
    """In proportion, none below the least; the rest shares what is left."""
    room = WIDTH - _GAP * (len(seconds) - 1) - _LEAST * len(seconds)
    return [_LEAST + int(max(0, room) * part / sum(seconds)) for part in seconds]


def _kind(place: Place) -> str:
    if place.is_running:
        return "run"
    if place.is_going:
        return "going"
    return "frozen" if place.why == "disputed" else "next"
