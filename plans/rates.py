"""What use costs that no allowance covers, and how far credit goes.

A day's use of a unit in a country costs its amount times the rate, rounded down once: however it came in pieces, the pieces add up to that.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from plans.models import ZoneCountry, ZoneRate


@dataclass(frozen=True)
class Rate:
    """`price_minor` (VAT included) for each `per` of the unit's base."""

    price_minor: int
    per: int

    def cost_minor(self, amount: int) -> int:
        """What `amount` used on one day costs."""
        return amount * self.price_minor // self.per

    def covered(self, wanted: int, *, before: int, credit_minor: int) -> int:
        """How much of `wanted` credit pays for, when `before` of that day was paid already: byte by byte, until credit is spent or does
        not reach for the next. Without credit nothing is paid, not even what would be rounded away.
        """
        if credit_minor <= 0:
            return 0
        payable_minor = self.cost_minor(before) + credit_minor
        spent_at = -(-payable_minor * self.per // self.price_minor)
        most = ((payable_minor + 1) * self.per - 1) // self.price_minor
        return max(0, min(wanted, spent_at - before, most - before))


class RateCard:
    """All rates, read once, by country: of several zones that hold it the cheapest counts."""

    def __init__(self) -> None:
        countries = defaultdict[int, list[str]](list)
        for zone_id, country in ZoneCountry.objects.order_by().values_list("zone_id", "country"):
            countries[zone_id].append(country)
        self._rows = defaultdict[tuple[str, str, str], list[ZoneRate]](list)
        for row in ZoneRate.objects.order_by("from_date"):
            for country in countries[row.zone_id]:
                self._rows[country, row.unit, row.currency].append(row)

    def of(self, country: str, unit: str, currency: str, *, on: date) -> Rate | None:
        """What holds on the day `on` of the line; None where use without an allowance is not sold."""
        newest = {row.zone_id: row for row in self._rows.get((country, unit, currency), ()) if row.from_date <= on}
        return _cheapest(newest.values())


def _cheapest(rows: Iterable[ZoneRate]) -> Rate | None:
    rates = [Rate(row.price_minor, row.per) for row in rows]
    return min(rates, key=lambda rate: (Fraction(rate.price_minor, rate.per), rate.per), default=None)
