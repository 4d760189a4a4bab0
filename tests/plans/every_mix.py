"""Every mix there is, one after the other: slow, plain and written without a look at the search it checks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from plans.advising.goods import Good, Shop

Day = Mapping[tuple[str, str], int]


@dataclass
class Bucket:
    unit: str
    amount: int
    abroad: int

    def gives(self, unit: str, *, is_abroad: bool) -> bool:
        """Take one of `unit`, if there is one."""
        if self.unit != unit or not (self.abroad if is_abroad else self.amount):
            return False
        self.amount -= 1
        self.abroad = min(self.abroad - is_abroad, self.amount)
        return True


def least(shop: Shop, days: Sequence[Day]) -> int | None:
    """What the cheapest of all mixes costs."""
    chains = (_chain(shop, days, base) for base in shop.goods if base.days is not None and not base.needs_plan)
    return min((cost for cost in (_tiled(shop, days, 0), *chains) if cost is not None), default=None)


def _tiled(shop: Shop, days: Sequence[Day], at: int) -> int | None:
    """The cheapest row of any plans and days without one from day `at` on; what runs on after the last day is paid whole."""
    if at == len(days):
        return 0
    found = []
    paid, more = _rated(shop, days[at]), _tiled(shop, days, at + 1)
    if paid is not None and more is not None:
        found.append(paid + more)
    for base in shop.goods:
        if base.days is None or base.needs_plan:
            continue
        end = min(at + base.days, len(days))
        cost, more = _cost(shop, days[at:end], base, share=base.days), _tiled(shop, days, end)
        if cost is not None and more is not None:
            found.append(cost + more)
    return min(found, default=None)


def _chain(shop: Shop, days: Sequence[Day], base: Good) -> int | None:
    """One plan again and again; of the last one its part of the days."""
    length, total = base.days or 0, 0
    for at in range(0, len(days), length):
        part = days[at : at + length]
        cost = _cost(shop, part, base, share=len(part))
        if cost is None:
            return None
        total += cost
    return total


def _cost(shop: Shop, days: Sequence[Day], base: Good, *, share: int) -> int | None:
    """What this base, of which `share` days count, costs with the cheapest choice of add-ons, if any covers the days."""
    length = base.days or 0
    price = (base.price_minor * share + length - 1) // length
    extras = [good for good in shop.goods if not good.is_plan and (base.is_plan or not good.needs_plan)]
    within = [{what: n for what, n in day.items() if what[0] in base.countries} for day in days]
    beyond = [{what: n for what, n in day.items() if what[0] not in base.countries and n} for day in days]
    inside = min(_within(shop, within, base, extras, share), default=None)
    outside = min(_windows(shop, beyond, extras, 0, rates=base.has_beyond or not base.is_plan), default=None)
    return None if inside is None or outside is None else price + inside + outside


def _within(shop: Shop, days: Sequence[Day], base: Good, extras: Sequence[Good], share: int) -> Iterator[int]:
    long = [
        good for good in extras if (good.days is None or good.days >= len(days)) and base.countries <= good.countries
    ]
    for counts in product(range(_most(days) + 1), repeat=len(long)):
        buckets = [Bucket(unit, *_share(base, unit, share)) for unit in base.grants]
        for good, count in zip(long, counts, strict=True):
            for unit, grant in good.grants.items():
                buckets += [Bucket(unit, grant.amount, min(grant.abroad, grant.amount)) for _copy in range(count)]
        cost = sum(good.price_minor * count for good, count in zip(long, counts, strict=True))
        over = _left_over(shop, days, buckets)
        if not over:
            yield cost
        elif base.has_beyond or not base.is_plan:
            paid = [_rated(shop, day) for day in over]
            if None not in paid:
                yield cost + sum(minor or 0 for minor in paid)


def _share(base: Good, unit: str, days: int) -> tuple[int, int]:
    grant, length = base.grants[unit], base.days or 0
    if days < length:
        return grant.amount * days // length, min(grant.abroad * days // length, grant.amount * days // length)
    return grant.amount, min(grant.abroad, grant.amount)


def _left_over(shop: Shop, days: Sequence[Day], buckets: Sequence[Bucket]) -> list[dict[tuple[str, str], int]]:
    """What is not covered, unit by unit as it is used: home drinks from what cannot be used abroad first."""
    left = [replace(bucket) for bucket in buckets]
    found = []
    for day in days:
        rest: dict[tuple[str, str], int] = {}
        for country, unit in sorted(day, key=lambda what: (what[0] != shop.home, what)):
            for _one in range(day[country, unit]):
                if not any(
                    bucket.gives(unit, is_abroad=country != shop.home)
                    for bucket in _by_bond(left, country == shop.home)
                ):
                    rest[country, unit] = rest.get((country, unit), 0) + 1
        found.append(rest)
    return [day for day in found if day]


def _by_bond(buckets: Iterable[Bucket], is_home: bool) -> list[Bucket]:
    return sorted(buckets, key=lambda bucket: bucket.amount - bucket.abroad, reverse=is_home)


def _windows(shop: Shop, days: Sequence[Day], extras: Sequence[Good], at: int, *, rates: bool) -> Iterator[int]:
    if at == len(days):
        yield 0
        return
    if not days[at] or (rates and _rated(shop, days[at]) is not None):
        paid = _rated(shop, days[at]) or 0
        yield from (paid + more for more in _windows(shop, days, extras, at + 1, rates=rates))
    for good in extras:
        end = len(days) if good.days is None else min(len(days), at + good.days)
        for count in range(1, _most(days) + 1):
            if _covers(good, count, days[at:end]):
                cost = good.price_minor * count
                yield from (cost + more for more in _windows(shop, days, extras, end, rates=rates))
                break


def _most(days: Sequence[Day]) -> int:
    """Each add-on gives at least one of something: more than is used of one unit is never needed."""
    units = {unit for day in days for _country, unit in day}
    return max((sum(n for day in days for (_c, of), n in day.items() if of == unit) for unit in units), default=0)


def _covers(good: Good, count: int, days: Sequence[Day]) -> bool:
    left = {unit: min(grant.amount, grant.abroad) * count for unit, grant in good.grants.items()}
    for day in days:
        for (country, unit), amount in day.items():
            left[unit] = left.get(unit, 0) - amount
            if country not in good.countries or left[unit] < 0:
                return False
    return True


def _rated(shop: Shop, day: Day) -> int | None:
    total = 0
    for what, amount in day.items():
        rate = shop.rates.get(what)
        if amount and rate is None:
            return None
        total += amount * rate.price_minor // rate.per if rate else 0
    return total
