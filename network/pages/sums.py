"""What a stretch of time comes to, by bar, unit and country.

Whole days are read from their sums, which stay for ever. The days at either end of a stretch, of which only a part belongs to it, are counted
from the single uses; where those are forgotten, the day a plan began or ended counts whole, and the day the line came to its owner
does not count.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, DateField, DateTimeField, F, Func, Q, Sum, Value
from django.db.models.functions import TruncDate, TruncMonth

from network.models import UsageDay, UsageRecord
from network.pages.owned import Owned
from network.pages.stretches import Slot, Step, Stretch, midnight

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Total:
    """In the unit's base: what was used, of which `overrun` nobody paid for; and how many uses that were."""

    amount: int = 0
    overrun: int = 0
    records: int = 0

    def __add__(self, other: "Total") -> "Total":
        return Total(self.amount + other.amount, self.overrun + other.overrun, self.records + other.records)

    @property
    def covered(self) -> int:
        """What allowances covered."""
        return self.amount - self.overrun


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
    return _merged(found), edges


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
    hour = Func(
        Value("1 hour"), "used_at", Value(stretch.starts_at), template="date_bin(%(expressions)s)",
        arg_joiner=", ", output_field=DateTimeField(),
    )  # fmt: skip
    uses = UsageRecord.objects.filter(
        line=own.line, used_at__gte=max(stretch.from_at, own.kept_from), used_at__lt=stretch.ends_at
    )
    found = uses.annotate(key=hour).values("key", "unit", "country").annotate(**_COUNTED).values_list(*_COLUMNS)
    return _parts(found)


def _by_day(own: Owned, stretch: Stretch, edges: Edges) -> Iterator[Part]:
    days = UsageDay.objects.filter(line=own.line, day__range=edges.whole_days).order_by()
    key = TruncMonth("day", output_field=DateField()) if stretch.step == Step.MONTH else F("day")
    counted = {"used": Sum("amount"), "over": Sum("overrun"), "uses": Sum("records_count")}
    return _parts(days.annotate(key=key).values("key", "unit", "country").annotate(**counted).values_list(*_COLUMNS))


def _of_edges(own: Owned, stretch: Stretch, edges: Edges) -> Iterator[Part]:
    if not edges.counted:
        return iter(())
    within = Q()
    for starts_at, ends_at in edges.counted:
        within |= Q(used_at__gte=starts_at, used_at__lt=ends_at)
    uses = UsageRecord.objects.filter(within, line=own.line).annotate(key=TruncDate("used_at", tzinfo=own.zone))
    found = uses.values("key", "unit", "country").annotate(**_COUNTED).values_list(*_COLUMNS)
    parts = _parts(found)
    if stretch.step == Step.MONTH:
        return (Part(part.key.replace(day=1), part.unit, part.country, part.total) for part in parts)
    return parts


def _parts(found: Iterable[tuple[date, str, str, int, int, int]]) -> Iterator[Part]:
    for key, unit, country, used, over, uses in found:
        yield Part(key, unit, country, Total(int(used), int(over), uses))


def _merged(parts: Iterable[Part]) -> list[Part]:
    """A month that was partly counted from days and partly from single uses is one."""
    found: dict[tuple[date, str, str], Total] = defaultdict(Total)
    for part in parts:
        found[part.key, part.unit, part.country] += part.total
    return [Part(*key, total) for key, total in found.items()]


_COUNTED = {"used": Sum("amount"), "over": Sum("overrun"), "uses": Count("*")}
_COLUMNS = ("key", "unit", "country", "used", "over", "uses")
