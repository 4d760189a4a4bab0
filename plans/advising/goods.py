"""What can be bought, as the search for the cheapest mix reckons with it. Pure: no database, no clock."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from plans.rates import Rate

#: More than anybody uses: what "unlimited" is reckoned as.
UNLIMITED = 10**30


@dataclass(frozen=True)
class Grant:
    """In the unit's base, `abroad` of it in other countries than the line's own; both `UNLIMITED` at most."""

    amount: int
    abroad: int


@dataclass(frozen=True)
class Good:
    """A plan or an add-on. `days`: how long it runs; None ends with the plan beside it. `has_beyond`: what it does not cover may be paid
    from credit; so it is without any plan.
    """

    key: Hashable
    title: str
    price_minor: int
    days: int | None
    countries: frozenset[str]
    grants: Mapping[str, Grant]
    is_plan: bool = True
    needs_plan: bool = False
    has_beyond: bool = False

    @property
    def goes_beyond(self) -> bool:
        return self.has_beyond or not self.is_plan

    def can_stand_alone(self) -> bool:
        """Whether it may be what a stretch of days is built on."""
        return self.days is not None and not self.needs_plan


@dataclass(frozen=True)
class Shop:
    """All that is on sale to a line in country `home`; `rates` by country and unit."""

    home: str
    goods: Sequence[Good]
    rates: Mapping[tuple[str, str], Rate]

    @property
    def bases(self) -> list[Good]:
        return [good for good in self.goods if good.can_stand_alone()]

    def beside(self, base: Good) -> list[Good]:
        """Add-ons that may go beside `base`."""
        return [good for good in self.goods if not good.is_plan and (base.is_plan or not good.needs_plan)]

    def at_rates(self, use: Mapping[tuple[str, str], int]) -> int | None:
        """What a day's use, by country and unit, costs from credit; None where some of it is not sold so."""
        total = 0
        for what, amount in use.items():
            if amount:
                if what not in self.rates:
                    return None
                total += self.rates[what].cost_minor(amount)
        return total
