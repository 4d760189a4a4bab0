"""Which countries each zone holds, read once for a page; the file behind it is `plans/data/zones.toml`."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from plans.models import Zone, ZoneCountry


@dataclass(frozen=True)
class Held:
    """A zone with the countries that it is the narrowest zone of."""

    zone: Zone
    countries: frozenset[str]


class Coverage:
    """Two queries, however many zones there are."""

    def __init__(self) -> None:
        self._zones = {zone.pk: zone for zone in Zone.objects.order_by("code")}
        found = defaultdict[int, set[str]](set)
        for zone_id, country in ZoneCountry.objects.order_by().values_list("zone_id", "country"):
            found[zone_id].add(country)
        self._countries = {zone_id: frozenset(countries) for zone_id, countries in found.items()}

    def of(self, zone_id: int) -> frozenset[str]:
        """All countries of a zone, those of narrower zones inside it too."""
        return self._countries.get(zone_id, frozenset())

    def holds(self, zone_id: int, country: str) -> bool:
        return country in self.of(zone_id)

    @cached_property
    def everywhere(self) -> frozenset[str]:
        """Countries in which anything works at all."""
        return frozenset().union(*self._countries.values())

    @cached_property
    def narrow(self) -> list[Held]:
        """Each country under the narrowest zone that holds it, narrow zones first."""
        told: frozenset[str] = frozenset()
        found = []
        for zone_id in sorted(self._countries, key=lambda each: (len(self.of(each)), self._zones[each].code)):
            if new := self.of(zone_id) - told:
                found.append(Held(self._zones[zone_id], new))
                told |= new
        return found

    def narrowest(self, country: str) -> Zone | None:
        """None where nothing works."""
        return next((held.zone for held in self.narrow if country in held.countries), None)
