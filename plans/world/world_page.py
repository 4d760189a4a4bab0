"""The page of all countries: zone by zone, as a picture and as a list, and what a search found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import ngettext

from accounts.models import Line
from lib import spelling, wording
from plans.comparison import countries_in_words
from plans.models import Plan, Zone
from plans.world import finding, names, tiles
from plans.world.coverage import Coverage
from plans.world.finding import Found


@dataclass(frozen=True)
class Entry:
    """A country with what it is called and the address of its page."""

    country: str
    own_name: names.OwnName | None = None
    zone: Zone | None = None
    is_home: bool = False

    @property
    def words(self) -> str:
        return wording.country_in_words(self.country)

    @property
    def url(self) -> str:
        return address(self.country)


@dataclass(frozen=True)
class Part:
    """A zone with the countries that are in no narrower one; `look`: how the picture draws it. `is_wider`: it holds others too."""

    zone: Zone
    entries: list[Entry]
    look: str
    is_wider: bool = False

    @property
    def count_words(self) -> str:
        count = len(self.entries)
        if not self.is_wider:
            return countries_in_words(count)
        words = ngettext("%(count)s more country", "%(count)s more countries", count)
        return words % {"count": wording.count_in_words(count)}


def address(country: str) -> str:
    return reverse("world_country", args=[country.lower()])


def facts(line: Line | None, *, typed: str, found: Found | None, plan: Plan | None) -> dict[str, Any]:
    """The context of the page; `found` for what was `typed`, if anything was. With `plan` only what it covers counts as working."""
    coverage = Coverage()
    home = line.country if line else ""
    parts = _parts(coverage, home, plan)
    works = {entry.country: part.look for part in parts for entry in part.entries}
    return {
        "place": "plans",
        "line": line,
        "typed": typed[: finding.MOST_LETTERS],
        "plan": plan,
        "parts": parts,
        "tiles": tiles.picture(works, home=home),
        "map_size": (tiles.WIDTH, tiles.HEIGHT),
        "count_words": countries_in_words(len(works)),
        "nowhere": sorted(wording.country_in_words(code) for code in names.countries() - works.keys()),
        "found": _found(found, coverage, home) if found else [],
        "is_near": bool(found and found.is_near),
    }


def meant(found: Found) -> str:
    """The address of the one country that was meant; nothing where there is a choice."""
    return address(found.countries[0]) if found.is_sure and len(found.countries) == 1 else ""


def _parts(coverage: Coverage, home: str, plan: Plan | None) -> list[Part]:
    covered = coverage.of(plan.zone_id) if plan else coverage.everywhere
    return [
        Part(
            held.zone,
            _entries(shown, home),
            tiles.look_of(place),
            is_wider=coverage.of(held.zone.pk) > held.countries,
        )
        for place, held in enumerate(coverage.narrow)
        if (shown := held.countries & covered)
    ]


def _entries(countries: Iterable[str], home: str) -> list[Entry]:
    """As their names are sorted without accents and case."""
    entries = [Entry(country, is_home=country == home) for country in countries]
    return sorted(entries, key=lambda entry: spelling.plain(entry.words))


def _found(found: Found, coverage: Coverage, home: str) -> list[Entry]:
    return [
        Entry(
            country,
            own_name=next(iter(names.own_names(country)), None),
            zone=coverage.narrowest(country),
            is_home=country == home,
        )
        for country in found.countries
    ]
