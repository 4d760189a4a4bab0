"""Bars as an SVG of a template draws them: places in percent of the width, heights in units of a picture 100 high.

Nothing in it is text: the words stand beside it in HTML, so that letters keep their size and the picture can be mirrored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from plans.models import Unit

HEIGHT = 100
#: Between bars, as a share of what each has.
_GAP = 0.24
_LEAST = 1.2
#: What an axis counts in, and the steps people read easily.
_SIZES = {
    Unit.DATA: [10**power for power in (0, 3, 6, 9, 12)],
    Unit.VOICE: [1, 60],
    Unit.TEXTS: [1],
}


@dataclass(frozen=True)
class Bar:
    """`home` and `abroad` are amounts. `tick` stands below the bar, `says` is what its link is called; without `url` none is drawn."""

    says: str
    home: int
    abroad: int
    url: str = ""
    tick: str = ""


@dataclass(frozen=True)
class Drawn:
    """A bar in the picture; numbers as SVG writes them."""

    bar: Bar
    x: str
    width: str
    column_x: str
    column_width: str
    home_y: str
    home_height: str
    abroad_y: str
    abroad_height: str


@dataclass(frozen=True)
class Chart:
    """`top` and `middle` are the amounts of the two lines; `pace_y` where an even pace would be, `used_up_x` where nothing was left."""

    name: str
    unit: str
    bars: list[Drawn]
    top: int
    has_abroad: bool
    pace: int | None
    pace_y: str
    used_up_x: str

    @property
    def middle(self) -> int:
        return self.top // 2


def chart(
    name: str, unit: str, bars: Sequence[Bar], *, pace: int | None = None, used_up: int | None = None
) -> Chart | None:
    """`pace`: what each bar would be at an even pace; `used_up`: the bar in which nothing was left. None where there is nothing to draw."""
    highest = max((bar.home + bar.abroad for bar in bars), default=0)
    if not highest:
        return None
    shown_pace = pace if pace and pace <= highest * 4 else None
    top = rounded_up(max(highest, shown_pace or 0), unit)
    width = 100 / len(bars)
    return Chart(
        name=name,
        unit=unit,
        bars=[_drawn(bar, place * width, width, top) for place, bar in enumerate(bars)],
        top=top,
        has_abroad=any(bar.abroad for bar in bars),
        pace=shown_pace,
        pace_y=_said(HEIGHT - HEIGHT * shown_pace / top) if shown_pace else "",
        used_up_x=_said((used_up + 1) * width) if used_up is not None else "",
    )


def rounded_up(highest: int, unit: str) -> int:
    """The next number that is 1, 2, 4, 5, 8 or 10 times a power of ten of what people count in."""
    size = max((size for size in _SIZES[Unit(unit)] if size <= highest), default=1)
    scaled = Decimal(highest) / size
    power = Decimal(10) ** max(0, scaled.adjusted())
    step = next(step for step in (1, 2, 4, 5, 8, 10) if scaled <= step * power)
    top = int(step * power * size)
    return top if top > 1 else 2


def _drawn(bar: Bar, x: float, width: float, top: int) -> Drawn:
    home, abroad = (_height(amount, top) for amount in (bar.home, bar.abroad))
    return Drawn(
        bar=bar,
        x=_said(x + width * _GAP / 2),
        width=_said(width * (1 - _GAP)),
        column_x=_said(x),
        column_width=_said(width),
        home_y=_said(HEIGHT - home),
        home_height=_said(home),
        abroad_y=_said(HEIGHT - home - abroad),
        abroad_height=_said(abroad),
    )


def _height(amount: int, top: int) -> float:
    """Something used is something to see."""
    return max(_LEAST, HEIGHT * amount / top) if amount else 0


def _said(number: float) -> str:
    """A point in every language."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def ticks(count: int, *, most: int) -> list[int]:
    """Which of `count` bars are named below, so that at most `most` are."""
    step = next((step for step in (1, 2, 3, 5, 6, 7, 14, 21, 28) if count <= step * most), -(-count // most))
    return list(range(0, count, step))
