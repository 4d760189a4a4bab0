"""Countries by what somebody types: in any language, with or without accents, by code, and with a slip or two."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from lib import wording
from lib.spelling import distance, plain, slips
from plans.world import names

#: What is longer is no country.
MOST_LETTERS = 60
#: So many are shown.
MOST_FOUND = 8
#: Shorter than this, letters may begin a name in the reader's language only.
_FEW_LETTERS = 3


@dataclass(frozen=True)
class Found:
    """`countries`, best first. `is_sure`: the first is meant. `is_near`: nothing is called so, these nearly are."""

    countries: list[str]
    is_sure: bool = False
    is_near: bool = False


def find(typed: str) -> Found:
    """What `typed` can mean to a reader of the active language."""
    wanted = plain(typed[:MOST_LETTERS])
    if not wanted:
        return Found([])
    exact = _all_names().get(wanted, frozenset())
    own = {code for code in names.countries() if plain(wording.country_in_words(code)) == wanted}
    if meant := own or exact:
        begun = _begun(wanted) if len(wanted) >= _FEW_LETTERS else []
        rest = [code for code in [*sorted(exact), *begun] if code not in meant]
        return Found([*sorted(meant), *dict.fromkeys(rest)][:MOST_FOUND], is_sure=len(meant) == 1)
    if begun := _begun(wanted):
        return Found(begun[:MOST_FOUND], is_sure=len(begun) == 1)
    return Found(_near(wanted)[:MOST_FOUND], is_near=True)


@cache
def _all_names() -> Mapping[str, frozenset[str]]:
    found = defaultdict[str, set[str]](set)
    for name, country in names.said():
        found[plain(name)].add(country)
    return {name: frozenset(countries) for name, countries in found.items() if name}


def _begun(wanted: str) -> list[str]:
    """Countries one of whose names, or a word in it, begins so: those the reader calls so first, then by how much more the name says."""
    readers = {code: plain(wording.country_in_words(code)) for code in names.countries()}
    first = [code for code, name in readers.items() if f" {wanted}" in f" {name}"]
    if first or len(wanted) < _FEW_LETTERS:
        return sorted(first, key=lambda code: (not readers[code].startswith(wanted), readers[code]))
    longer: dict[str, int] = {}
    for name, codes in _all_names().items():
        if f" {wanted}" in f" {name}":
            _keep_least(longer, codes, len(name))
    return sorted(longer, key=lambda code: (longer[code], readers[code]))


def _near(wanted: str) -> list[str]:
    """Countries with a name a slip or two away, the nearest first; none for two letters, which are near to everything."""
    most = slips(wanted)
    near: dict[str, int] = {}
    letters = set(wanted)
    for name, codes in _all_names().items():
        if abs(len(name) - len(wanted)) > most or len(letters.symmetric_difference(name)) > 2 * most:
            continue
        steps = distance(wanted, name)
        if 0 < steps <= most:
            _keep_least(near, codes, steps)
    return sorted(near, key=lambda code: (near[code], distance(wanted, plain(wording.country_in_words(code))), code))


def _keep_least(found: dict[str, int], codes: Iterable[str], steps: int) -> None:
    for code in codes:
        found[code] = min(found.get(code, steps), steps)
