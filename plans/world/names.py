"""What countries are called: in the reader's language, in their own, and in everybody's for the search. All of it is Unicode CLDR."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from babel import localedata
from babel.core import get_global
from babel.languages import get_official_languages

from lib import wording

#: So many of a country's own names are told.
OWN_NAMES = 3
#: CLDR's country for what has none.
_UNKNOWN = "ZZ"
#: What people say and CLDR does not.
SAID = {
    "America": "US",
    "Britain": "GB",
    "Great Britain": "GB",
    "England": "GB",
    "Scotland": "GB",
    "Wales": "GB",
    "Northern Ireland": "GB",
    "Holland": "NL",
    "Dubai": "AE",
    "Abu Dhabi": "AE",
    "Burma": "MM",
    "Macedonia": "MK",
    "Ivory Coast": "CI",
}


@dataclass(frozen=True)
class OwnName:
    """A country's name in one of its languages; `language` as pages mark it, `zh-Hant`."""

    text: str
    language: str


@cache
def countries() -> frozenset[str]:
    """ISO 3166 codes of everywhere people live."""
    known = get_global("territory_languages")
    return frozenset(code for code in known if len(code) == 2 and code.isalpha() and code != _UNKNOWN)


@cache
def languages_of(country: str) -> tuple[str, ...]:
    """Its official languages that CLDR knows, the most spoken first."""
    found = get_official_languages(country, de_facto=True)
    return tuple(language for language in found if localedata.exists(language))


@cache
def _own(country: str) -> tuple[OwnName, ...]:
    found: dict[str, OwnName] = {}
    for language in languages_of(country):
        if name := _names_in(language).get(country):
            found.setdefault(name, OwnName(name, language.replace("_", "-")))
    return tuple(found.values())


def own_names(country: str) -> list[OwnName]:
    """What the country calls itself, unless the reader does too."""
    known = wording.country_in_words(country)
    return [name for name in _own(country) if name.text != known][:OWN_NAMES]


def said() -> Iterator[tuple[str, str]]:
    """Every name and code somebody may know a country by: `("Türkei", "TR")`, `("USA", "US")`."""
    for country in countries():
        yield country, country
    for alias, meant in get_global("territory_aliases").items():
        if len(meant) == 1 and meant[0] in countries() and alias.isalpha():
            yield alias, meant[0]
    yield from SAID.items()
    for language in sorted({language for country in countries() for language in languages_of(country)}):
        for country, name in _names_in(language).items():
            yield name, country


@cache
def _names_in(language: str) -> dict[str, str]:
    """Only the names are kept: all that Babel knows of a hundred languages would fill 80 MB in each process."""
    known = set(localedata._cache)  # noqa: SLF001  there is no other way to let go of a language
    territories = localedata.load(language)["territories"]
    names = {code: name for code, name in territories.items() if code in countries() and isinstance(name, str)}
    for loaded in set(localedata._cache) - known:  # noqa: SLF001
        localedata._cache.pop(loaded, None)  # noqa: SLF001
    return names
