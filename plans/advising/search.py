"""The cheapest way to have covered what was used on some days, by looking at every way there is.

From the first day on, each day is the first of a plan, or without one. A plan that runs on after the last day counts whole, unless nothing
but that plan was taken from the first day on. Backwards over the days: the cheapest from a day on is the cheapest
of each first step with the cheapest from where that ends. Exact, in minor units; docs/advice.md says what is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from plans.advising.goods import Good, Shop
from plans.advising.stretch import Extras, Pool, Use, Used, cheapest_beside


@dataclass(frozen=True)
class Stretch:
    """Days `[first, until)` on `base`, or without a plan; `price_minor` is what they cost of it. `is_cut`: it runs on after the last day,
    and only its part of the days counts.
    """

    first: int
    until: int
    base: Good | None
    price_minor: int = 0
    extras: Extras = field(default_factory=Extras)
    used: Pool = field(default_factory=dict)
    is_cut: bool = False

    @property
    def total_minor(self) -> int:
        return self.price_minor + self.extras.total_minor


@dataclass(frozen=True)
class Mix:
    """`stretches` follow each other from the first day to the last."""

    stretches: tuple[Stretch, ...]

    @property
    def total_minor(self) -> int:
        return sum(stretch.total_minor for stretch in self.stretches)

    @property
    def weight(self) -> tuple[int, int]:
        """What is sought small: what it costs, then how many things are bought."""
        bought = sum((stretch.base is not None) + stretch.extras.weight[1] for stretch in self.stretches)
        return self.total_minor, bought


@dataclass(frozen=True)
class _Way:
    """From a day on: what it costs, how much is bought, and its first step."""

    weight: tuple[int, int]
    step: Stretch | None = None


def cheapest(shop: Shop, days: Sequence[Use]) -> Mix | None:
    """None when no mix on sale covers all that was used."""
    used = Used(days, shop.home)
    best: list[_Way | None] = [None] * len(days) + [_Way((0, 0))]
    for first in range(len(days) - 1, -1, -1):
        way = _without(shop, days, best, first)
        for base in shop.bases:
            way = _better(way, _on(shop, used, base, first, best, limit=way))
        best[first] = way
    ways = [_walked(best, days) if best[0] else None, *(_again_and_again(shop, used, base) for base in shop.bases)]
    return min((mix for mix in ways if mix), key=lambda mix: mix.weight, default=None)


def _again_and_again(shop: Shop, used: Used, base: Good) -> Mix | None:
    """`base` alone, from the first day to the last: of the last one only its part of the days counts."""
    steps = []
    for first in range(0, len(used.days), base.days or 1):
        until = min(first + (base.days or 1), len(used.days))
        extras = cheapest_beside(shop, used, base, first, until, share=until - first)
        if extras is None:
            return None
        step = Stretch(
            first, until, base, cut_price(base, until - first), extras, is_cut=until - first < (base.days or 1)
        )
        steps.append(_with_use(step, used.days))
    return Mix(tuple(steps))


def _without(shop: Shop, days: Sequence[Use], best: Sequence[_Way | None], first: int) -> _Way | None:
    """A day without a plan."""
    after, credit_minor = best[first + 1], shop.at_rates(days[first])
    if after is None or credit_minor is None:
        return None
    return _after(Stretch(first, first + 1, None, extras=Extras(credit_minor=credit_minor)), after)


def _on(
    shop: Shop, used: Used, base: Good, first: int, best: Sequence[_Way | None], *, limit: _Way | None
) -> _Way | None:
    """Beginning `base` on day `first`; None when that costs more than `limit` already."""
    until = min(first + (base.days or 1), len(used.days))
    after = best[until]
    if after is None:
        return None
    left_minor = limit.weight[0] - after.weight[0] - base.price_minor if limit else None
    if left_minor is not None and left_minor < 0:
        return None
    extras = cheapest_beside(shop, used, base, first, until, share=base.days or 1, most_minor=left_minor)
    return None if extras is None else _after(Stretch(first, until, base, base.price_minor, extras), after)


def cut_price(base: Good, share: int) -> int:
    """What `share` of its days cost, rounded up."""
    return -(-base.price_minor * share // base.days) if base.days and share < base.days else base.price_minor


def _after(step: Stretch, after: _Way) -> _Way:
    bought = step.extras.weight[1] + (step.base is not None)
    return _Way((step.total_minor + after.weight[0], bought + after.weight[1]), step)


def _better(one: _Way | None, other: _Way | None) -> _Way | None:
    ways = [way for way in (one, other) if way]
    return min(ways, key=lambda way: way.weight, default=None)


def _walked(best: Sequence[_Way | None], days: Sequence[Use]) -> Mix:
    """The steps of the best way, days without a plan in a row as one."""
    steps: list[Stretch] = []
    at = 0
    while at < len(days):
        way = best[at]
        step = way.step if way else None
        if step is None:
            raise RuntimeError("a way ends at the last day")
        at = step.until
        if steps and step.base is None and steps[-1].base is None:
            before = steps.pop()
            step = Stretch(before.first, step.until, None, extras=before.extras + step.extras)
        steps.append(step)
    return Mix(tuple(_with_use(step, days) for step in steps))


def _with_use(step: Stretch, days: Sequence[Use]) -> Stretch:
    sums: Pool = {}
    for day in days[step.first : step.until]:
        for (_country, unit), amount in day.items():
            sums[unit] = (sums.get(unit, (0, 0))[0] + amount, 0)
    return replace(step, used=sums)
