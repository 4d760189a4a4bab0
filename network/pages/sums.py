"""What a stretch of time comes to, by bar, unit and country.

Whole days are read from their sums, which stay for ever. The days at either end of a stretch, of which only a part belongs to it, are counted
from the single uses; where those are forgotten, the day a plan began or ended counts whole, and the day the line came to its owner
does not count.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateField, F, Sum
from django.db.models.functions import TruncMonth

from network.models import UsageDay
from network.pages.owned import Owned
from network.pages.stretches import Slot, Step, Stretch, midnight

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Total:
    """In the unit's base: what was used; of which `by_credit` was paid from credit, for `cost_minor` of the line's currency, and
    `overrun` nobody paid for. And how many uses that were.
    """

    amount: int = 0
    overrun: int = 0
    by_credit: int = 0
    cost_minor: int = 0
    records: int = 0

    def __add__(self, other: "Total") -> "Total":
        return Total(
            self.amount + other.amount,
            self.overrun + other.overrun,
            self.by_credit + other.by_credit,
            self.cost_minor + other.cost_minor,
            self.records + other.records,
        )

    @property
    def covered(self) -> int:
        """What allowances covered."""
        return self.amount - self.overrun - self.by_credit


@dataclass(frozen=True)
class Part:
    """What was used of a unit in a country within a bar."""

    key: date
    unit: str
    country: str
    total: Total


@dataclass(frozen=True)
class Edges:
    """What of a stretch is only part of a day: times to be counted from single uses."""

    counted: list[tuple[datetime, datetime]]
    whole_days: tuple[date, date]
    #: days at an end of the stretch whose single uses are forgotten: counted whole, or (the owner's first) not at all
    rounded: list[date]
    left_out: list[date]


def parts_of(own: Owned, stretch: Stretch) -> tuple[list[Part], Edges]:
    """One statement for a day, at most two for everything else, however much was used."""
    if stretch.step == Step.HOUR:
        return list(_by_hour(own, stretch)), Edges([], (stretch.first_day, stretch.first_day), [], [])
    edges = edges_of(own, stretch)
    found = [*_by_day(own, stretch, edges), *_of_edges(own, stretch, edges)]
    return merged(found), edges


def edges_of(own: Owned, stretch: Stretch) -> Edges:
    """Which days count whole, and which times of other days are counted from single uses."""
    first, last = stretch.first_day, stretch.last_day
    counted: list[tuple[datetime, datetime]] = []
    rounded: list[date] = []
    left_out: list[date] = []
    if midnight(first, own.zone) < stretch.from_at:
        ends = min(midnight(first + _DAY, own.zone), stretch.ends_at)
        if stretch.from_at >= own.kept_from:
            counted.append((stretch.from_at, ends))
            first += _DAY
        elif stretch.from_at == own.since:
            left_out.append(first)
            first += _DAY
        else:
            rounded.append(first)
    begins = midnight(last, own.zone)
    if last >= first and stretch.ends_at < midnight(last + _DAY, own.zone):
        if begins >= own.kept_from:
            counted.append((begins, stretch.ends_at))
            last -= _DAY
        else:
            rounded.append(last)
    return Edges(counted, (first, last), rounded, left_out)


def by_slot(parts: Iterable[Part]) -> dict[date, list[Part]]:
    found: dict[date, list[Part]] = defaultdict(list)
    for part in parts:
        found[part.key].append(part)
    return found


def total_of(parts: Iterable[Part]) -> Total:
    return sum((part.total for part in parts), Total())


def slot_of(stretch: Stretch) -> dict[date, Slot]:
    return {slot.key: slot for slot in stretch.slots}


def _by_hour(own: Owned, stretch: Stretch) -> Iterator[Part]:
    within = [(max(stretch.from_at, own.kept_from), stretch.ends_at)]
    return _counted(own, within, key="date_bin('1 hour', use.used_at, %s)", of_key=stretch.starts_at)


def _by_day(own: Owned, stretch: Stretch, edges: Edges) -> Iterator[Part]:
    days = UsageDay.objects.filter(line=own.line, day__range=edges.whole_days).order_by()
    key = TruncMonth("day", output_field=DateField()) if stretch.step == Step.MONTH else F("day")
    names = ("amount", "overrun", "by_credit", "cost_minor", "records_count")
    sums = {f"all_{name}": Sum(name) for name in names}
    found = days.annotate(key=key).values("key", "unit", "country").annotate(**sums)
    return _keyed(stretch, _parts(found.values_list("key", "unit", "country", *sums)))


def _of_edges(own: Owned, stretch: Stretch, edges: Edges) -> Iterator[Part]:
    if not edges.counted:
        return iter(())
    key = "(use.used_at AT TIME ZONE %s)::date"
    return _keyed(stretch, _counted(own, edges.counted, key=key, of_key=own.line.time_zone))


def _keyed(stretch: Stretch, parts: Iterable[Part]) -> Iterator[Part]:
    """By bar instead of by day."""
    return (Part(stretch.key_of(part.key), part.unit, part.country, part.total) for part in parts)


_USES = """
    SELECT {key}, use.unit, use.country, sum(use.amount), sum(use.overrun), coalesce(sum(paid.amount), 0),
        coalesce(sum(paid.cost_minor), 0), count(*)
    FROM network_usagerecord AS use LEFT JOIN network_usagecreditcharge AS paid USING (used_at, source, record_id)
    WHERE use.line_id = %s AND ({within}) GROUP BY 1, 2, 3
"""


def _counted(
    own: Owned, within: Sequence[tuple[datetime, datetime]], *, key: str, of_key: str | datetime
) -> Iterator[Part]:
    """From single uses."""
    times = " OR ".join("(use.used_at >= %s AND use.used_at < %s)" for _each in within)
    with connection.cursor() as cursor:
        values: list[Any] = [of_key, own.line.pk, *(edge for pair in within for edge in pair)]
        cursor.execute(_USES.format(key=key, within=times), values)
        return _parts(cursor.fetchall())


def _parts(found: Iterable[tuple[Any, ...]]) -> Iterator[Part]:
    for key, unit, country, *sums in found:
        yield Part(key, unit, country, Total(*map(int, sums)))


def merged(parts: Iterable[Part]) -> list[Part]:
    """What was counted in pieces, of days and of single uses, is one part for each bar, unit and country."""
    found: dict[tuple[date, str, str], Total] = defaultdict(Total)
    for part in parts:
        found[part.key, part.unit, part.country] += part.total
    return [Part(*key, total) for key, total in found.items()]
