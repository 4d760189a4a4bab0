"""What a stretch of days costs on one plan: the plan, the add-ons beside it and what is paid from credit, at its cheapest.

Within the plan's countries, its own allowance and add-ons that last as long as the stretch are one pool. Outside, add-ons that work where
something was used cover windows of days that do not overlap, one kind in a window. See docs/advice.md.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from plans.advising.goods import UNLIMITED, Good, Grant, Shop

#: A day's use by country and unit.
Use = Mapping[tuple[str, str], int]
#: By unit: in all, and abroad.
Pool = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Extras:
    """Add-ons beside a plan, and what credit paid."""

    add_ons: tuple[tuple[Good, int], ...] = ()
    credit_minor: int = 0

    @property
    def total_minor(self) -> int:
        return sum(good.price_minor * count for good, count in self.add_ons) + self.credit_minor

    @property
    def weight(self) -> tuple[int, int]:
        """What is sought small: what it costs, then how many things are bought."""
        return self.total_minor, sum(count for _good, count in self.add_ons)

    def __add__(self, other: "Extras") -> "Extras":
        if not other.add_ons:
            return Extras(self.add_ons, self.credit_minor + other.credit_minor)
        goods = {good.key: good for good, _count in (*self.add_ons, *other.add_ons)}
        counts: Counter[Hashable] = Counter()
        for good, count in (*self.add_ons, *other.add_ons):
            counts[good.key] += count
        add_ons = tuple((goods[key], count) for key, count in counts.items())
        return Extras(add_ons, self.credit_minor + other.credit_minor)


@dataclass
class Inside:
    """Use within some countries: sums from the first day up to each, by unit in all and abroad; and each day's use outside them."""

    sums: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    outside: list[Use] = field(default_factory=list)
    has_outside: list[int] = field(default_factory=lambda: [0])
    by_good: dict[Hashable, "Windows"] = field(default_factory=dict)

    def count(self, good: Good, first: int, until: int) -> int:
        """How many of `good` cover what was used outside; none when it does not work there, or there is nothing to cover."""
        if good.key not in self.by_good:
            self.by_good[good.key] = Windows(good, self.outside)
        return self.by_good[good.key].count(first, until)


class Windows:
    """For one add-on: sums of what it may cover up to each day, and on how many days something was used that it does not."""

    def __init__(self, good: Good, days: Sequence[Use]) -> None:
        self._gives = {unit: min(grant.amount, grant.abroad) for unit, grant in good.grants.items() if grant.abroad}
        self._sums = {unit: [0] for unit in self._gives}
        self._out_of_reach = [0]
        for day in days:
            is_out = any(country not in good.countries or unit not in self._gives for country, unit in day)
            self._out_of_reach.append(self._out_of_reach[-1] + is_out)
            for unit, sums in self._sums.items():
                sums.append(sums[-1] + sum(amount for (_country, of), amount in day.items() if of == unit))

    def count(self, first: int, until: int) -> int:
        if self._out_of_reach[until] > self._out_of_reach[first]:
            return 0
        return max(
            (-(-(sums[until] - sums[first]) // self._gives[unit]) for unit, sums in self._sums.items()), default=0
        )


class Used:
    """What was used, day after day."""

    def __init__(self, days: Sequence[Use], home: str) -> None:
        self.days, self.home = days, home
        self.units = sorted({unit for day in days for _country, unit in day})
        self._inside: dict[frozenset[str], Inside] = {}
        #: What covers use outside, as it was found already.
        self.outside: dict[Hashable, Extras | None] = {}

    def inside(self, countries: frozenset[str]) -> Inside:
        if countries not in self._inside:
            self._inside[countries] = self._sorted(countries)
        return self._inside[countries]

    def pool(self, countries: frozenset[str], first: int, until: int) -> Pool:
        """What was used within `countries` on days `[first, until)`."""
        sums = self.inside(countries).sums
        return {
            unit: (found[until][0] - found[first][0], found[until][1] - found[first][1]) for unit, found in sums.items()
        }

    def _sorted(self, countries: frozenset[str]) -> Inside:
        found = Inside({unit: [(0, 0)] for unit in self.units})
        for day in self.days:
            for unit in self.units:
                total, abroad = found.sums[unit][-1]
                own = day.get((self.home, unit), 0) if self.home in countries else 0
                away = sum(
                    amount
                    for (country, of), amount in day.items()
                    if of == unit and country in countries and country != self.home
                )
                found.sums[unit].append((total + own + away, abroad + away))
            outside = {what: amount for what, amount in day.items() if amount and what[0] not in countries}
            found.outside.append(outside)
            found.has_outside.append(found.has_outside[-1] + bool(outside))
        return found


def cheapest_beside(
    shop: Shop, used: Used, base: Good, first: int, until: int, *, share: int, most_minor: int | None = None
) -> Extras | None:
    """What has to be added to `base` on days `[first, until)`, of whose time `share` days count; None when nothing would do, or nothing
    for `most_minor`.
    """
    grants = cut(base, share)
    inside = _inside(shop, used, base, grants, (first, until), most_minor)
    if inside is None:
        return None
    outside = _outside(shop, used, base, first, until)
    return None if outside is None else inside + outside


def cut(base: Good, share: int) -> Mapping[str, Grant]:
    """What `share` of its days grant, rounded down: of a plan that runs on after the last day only that part counts."""
    whole = base.days or share
    if share >= whole:
        return base.grants
    return {
        unit: Grant(_part(grant.amount, share, whole), _part(grant.abroad, share, whole))
        for unit, grant in base.grants.items()
    }


def _part(amount: int, share: int, whole: int) -> int:
    return amount if amount >= UNLIMITED else amount * share // whole


def _inside(
    shop: Shop, used: Used, base: Good, grants: Mapping[str, Grant], days: tuple[int, int], most_minor: int | None
) -> Extras | None:
    first, until = days
    needs = used.pool(base.countries, first, until)
    if not any(_short(needs, _pool(grants))):
        return Extras()
    fitting = [good for good in shop.beside(base) if _lasts(good, until - first) and base.countries <= good.countries]
    best: Extras | None = None
    for counts in _counts(fitting, needs, grants, has_rates=base.goes_beyond):
        extras = Extras(tuple((good, count) for good, count in zip(fitting, counts, strict=True) if count))
        is_too_much = most_minor is not None and extras.total_minor > most_minor
        if is_too_much or (best and extras.weight >= best.weight):
            continue
        pool = _pool(grants, *((good.grants, count) for good, count in extras.add_ons))
        if any(_short(needs, pool)):
            limits = [limit for limit in (most_minor, best.total_minor if best else None) if limit is not None]
            left_minor = min(limits) - extras.total_minor if limits else None
            credit_minor = _at_rates(shop, used, base, pool, days, left_minor) if base.goes_beyond else None
            if credit_minor is None:
                continue
            extras = Extras(extras.add_ons, credit_minor)
        if best is None or extras.weight < best.weight:
            best = extras
    return best


def _lasts(good: Good, days: int) -> bool:
    return good.days is None or good.days >= days


def _pool(grants: Mapping[str, Grant], *more: tuple[Mapping[str, Grant], int]) -> Pool:
    found = {unit: (grant.amount, min(grant.abroad, grant.amount)) for unit, grant in grants.items()}
    for others, count in more:
        for unit, grant in others.items():
            amount, abroad = found.get(unit, (0, 0))
            found[unit] = (amount + grant.amount * count, abroad + min(grant.abroad, grant.amount) * count)
    return found


def _short(needs: Pool, pool: Pool) -> Iterator[str]:
    """Units of which there is too little, in all or abroad."""
    for unit, (total, abroad) in needs.items():
        amount, cap = pool.get(unit, (0, 0))
        if total > amount or abroad > cap:
            yield unit


def _counts(
    fitting: Sequence[Good], needs: Pool, grants: Mapping[str, Grant], *, has_rates: bool
) -> Iterator[tuple[int, ...]]:
    """How many of each add-on are worth a try: of none more than would do alone for every unit it gives, nor fewer if it is the only one."""
    most = [_most(good, needs, _pool(grants)) for good in fitting]
    if len(fitting) == 1 and not has_rates:
        return iter([(most[0],)])
    return product(*(range(count + 1) for count in most))


def _most(good: Good, needs: Pool, pool: Pool) -> int:
    most = 0
    for unit, grant in good.grants.items():
        (total, away), (amount, cap) = needs.get(unit, (0, 0)), pool.get(unit, (0, 0))
        most = max(most, -(-(total - amount) // grant.amount))
        if grant.abroad:
            most = max(most, -(-(away - cap) // min(grant.abroad, grant.amount)))
    return most


def _at_rates(
    shop: Shop, used: Used, base: Good, pool: Pool, days: tuple[int, int], most_minor: int | None
) -> int | None:
    """What is left after the pool, used day after day, the own country first: at the rates. None where it is not sold, or costs more
    than `most_minor`.
    """
    left, total = dict(pool), 0
    for day in used.days[days[0] : days[1]]:
        beyond = {}
        for (country, unit), wanted in sorted(day.items(), key=lambda pair: (pair[0][0] != shop.home, pair[0])):
            if country not in base.countries:
                continue
            amount, abroad = left.get(unit, (0, 0))
            is_abroad = country != shop.home
            taken = min(wanted, amount, abroad) if is_abroad else min(wanted, amount)
            amount, abroad = amount - taken, abroad - taken if is_abroad else abroad
            left[unit] = (amount, min(abroad, amount))
            beyond[country, unit] = wanted - taken
        cost_minor = shop.at_rates(beyond)
        if cost_minor is None:
            return None
        total += cost_minor
        if most_minor is not None and total > most_minor:
            return None
    return total


def _outside(shop: Shop, used: Used, base: Good, first: int, until: int) -> Extras | None:
    """Backwards over the days: a day without such use is free, a day may be paid from credit, or a window of add-ons begins on it."""
    found = used.inside(base.countries)
    if found.has_outside[first] == found.has_outside[until]:
        return Extras()
    key = (base.countries, base.is_plan, base.goes_beyond, first, until)
    if key not in used.outside:
        used.outside[key] = _covered(shop, found, base, first, until)
    return used.outside[key]


@dataclass(frozen=True)
class _Way:
    """From a day on: what it costs and how much is bought; by its first step, and where that ends."""

    minor: int
    bought: int
    step: Extras
    end: int

    @property
    def weight(self) -> tuple[int, int]:
        return self.minor, self.bought


def _covered(shop: Shop, found: Inside, base: Good, first: int, until: int) -> Extras | None:
    goods = shop.beside(base)
    best: dict[int, _Way] = {until: _Way(0, 0, Extras(), until)}
    for day in range(until - 1, first - 1, -1):
        ways = []
        credit_minor = shop.at_rates(found.outside[day]) if base.goes_beyond or not found.outside[day] else None
        if credit_minor is not None and (after := best.get(day + 1)):
            ways.append(_Way(after.minor + credit_minor, after.bought, Extras(credit_minor=credit_minor), day + 1))
        for good in goods:
            end = until if good.days is None else min(until, day + good.days)
            count = found.count(good, day, end)
            if count and (after := best.get(end)):
                minor = after.minor + good.price_minor * count
                ways.append(_Way(minor, after.bought + count, Extras(((good, count),)), end))
        if ways:
            best[day] = min(ways, key=lambda way: way.weight)
    if first not in best:
        return None
    total, at = Extras(), first
    while at < until:
        total, at = total + best[at].step, best[at].end
    return total
