"""A unit's use within a stretch: its sum, where it was used, how it was paid, a chart, and the same figures in rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

from lib import wording
from network.pages.chart import Bar, Chart, chart, ticks
from network.pages.owned import Owned
from network.pages.stretches import Slot, Step, Stretch
from network.pages.sums import Part, Total, total_of
from plans.models import Unit

_ICONS = {Unit.DATA: "gauge", Unit.VOICE: "phone", Unit.TEXTS: "message-square"}
_MOST_TICKS = {Step.HOUR: 4, Step.DAY: 5, Step.WEEK: 4, Step.MONTH: 4}


@dataclass(frozen=True)
class Share:
    """A part of a sum, and what makes it."""

    words: str
    amount: int
    url: str
    cost_minor: int = 0


@dataclass(frozen=True)
class Row:
    """A bar in words."""

    words: str
    total: Total
    abroad: int
    url: str


@dataclass(frozen=True)
class Marks:
    """What a chart is measured against: an even pace a bar, and the bar in which an allowance was used up."""

    pace: int | None = None
    used_up: date | None = None


@dataclass(frozen=True)
class UnitUse:
    unit: str
    title: str
    icon: str
    total: Total
    url: str
    where: list[Share]
    rows: list[Row]
    chart: Chart | None
    is_by_week: bool = False
    used_up: str = ""
    most: Row | None = None
    paid: list[Share] = field(default_factory=list)

    @property
    def abroad(self) -> int:
        return sum(row.abroad for row in self.rows)


@dataclass(frozen=True)
class Named:
    """A slot with its words, made once for all units."""

    slot: Slot
    words: str
    tick: str


def named(stretch: Stretch) -> list[Named]:
    slots = stretch.slots
    has_tick = set(ticks(len(slots), most=_MOST_TICKS[stretch.step]))
    return [
        Named(slot, _words(stretch, slot), _tick(stretch, slot) if place in has_tick else "")
        for place, slot in enumerate(slots)
    ]


def even_pace(stretch: Stretch, whole: int | None) -> int | None:
    """What a bar would be if `whole` were used evenly; hours are too short to say that of."""
    days_of_bar = {Step.DAY: 1, Step.WEEK: 7}.get(stretch.step)
    if not whole or not days_of_bar:
        return None
    return int(whole * days_of_bar * 86_400 / (stretch.ends_at - stretch.starts_at).total_seconds())


def use_of(
    own: Owned, stretch: Stretch, unit: str, parts: Sequence[Part], names: Sequence[Named], marks: Marks
) -> UnitUse:
    """`parts` are those of the unit."""
    home = own.line.country
    by_key: dict[date, list[Part]] = defaultdict(list)
    for part in parts:
        by_key[part.key].append(part)
    rows, bars = [], []
    for name in names:
        total = total_of(by_key[name.slot.key])
        abroad = sum(part.total.amount for part in by_key[name.slot.key] if part.country != home)
        url = _url(own, stretch, unit, name.slot) if total.amount else ""
        bars.append(Bar(_says(name.words, total, unit), total.amount - abroad, abroad, url, name.tick))
        if total.amount:
            rows.append(Row(name.words, total, abroad, url))
    place = next((at for at, name in enumerate(names) if name.slot.key == marks.used_up), None)
    return UnitUse(
        unit=unit,
        title={Unit.DATA: _("Data"), Unit.VOICE: _("Minutes"), Unit.TEXTS: _("Texts")}[Unit(unit)],
        icon=_ICONS[Unit(unit)],
        total=total_of(parts),
        url=own.links.records(ends_at=stretch.ends_at, unit=unit, **stretch.filters),
        where=_where(own, stretch, unit, parts),
        rows=rows,
        chart=chart(unit, unit, bars, pace=marks.pace, used_up=place),
        is_by_week=stretch.step == Step.WEEK,
        used_up=names[place].words if place is not None else "",
        most=max(rows, key=lambda row: row.total.amount, default=None),
    )


def _where(own: Owned, stretch: Stretch, unit: str, parts: Iterable[Part]) -> list[Share]:
    """By country, the most first; at home alone is nothing to say."""
    by_country: dict[str, Total] = defaultdict(Total)
    for part in parts:
        by_country[part.country] += part.total
    if set(by_country) <= {own.line.country}:
        return []
    most_first = sorted(by_country.items(), key=lambda pair: -pair[1].amount)
    return [
        Share(
            words=wording.country_in_words(country),
            amount=total.amount,
            url=own.links.records(ends_at=stretch.ends_at, unit=unit, country=country, **stretch.filters),
        )
        for country, total in most_first
    ]


def _url(own: Owned, stretch: Stretch, unit: str, slot: Slot) -> str:
    """A month of a year opens its days, everything else its uses."""
    if stretch.show == "year":
        return own.links.page("month", f"{slot.key:%Y-%m}")
    rest = {name: value for name, value in stretch.filters.items() if name not in {"since", "until"}}
    if stretch.step == Step.HOUR:
        rest |= {"hour": slot.starts_at}
    else:
        rest |= {"since": slot.key, "until": _last_day(stretch, slot)}
    return own.links.records(ends_at=slot.ends_at, unit=unit, **rest)


def _words(stretch: Stretch, slot: Slot) -> str:
    if stretch.step == Step.MONTH:
        return wording.month_in_words(slot.key)
    local = slot.starts_at.astimezone(stretch.zone)
    if stretch.step == Step.HOUR:
        return f"{local:%H:%M}–{slot.ends_at.astimezone(stretch.zone):%H:%M}"
    if stretch.step == Step.WEEK:
        last = slot.ends_at - timedelta(microseconds=1)
        days = [wording.date_in_words(at, zone=stretch.zone) for at in (local, last)]
        return _("%(start)s to %(end)s") % {"start": days[0], "end": days[1]}
    return wording.date_in_words(local, zone=stretch.zone)


def _last_day(stretch: Stretch, slot: Slot) -> date:
    return (slot.ends_at - timedelta(microseconds=1)).astimezone(stretch.zone).date()


def _tick(stretch: Stretch, slot: Slot) -> str:
    local = slot.starts_at.astimezone(stretch.zone)
    if stretch.step == Step.HOUR:
        return f"{local:%H:%M}"
    return wording.day_in_words(local, with_day=stretch.step != Step.MONTH)


def _says(words: str, total: Total, unit: str) -> str:
    return f"{words}: {wording.use_in_words(total.amount, unit)}" if total.amount else ""
