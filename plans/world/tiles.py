"""A picture of the world in which every country is as large as every other: one tile each, about where it lies.

Drawn by ourselves; no borders, so none to dispute. Of countries where nothing works only as many are there as the eye needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lib import wording

SIZE = 10
_WORLD = """
.. .. .. .. GL .. .. IS .. .. .. NO SE FI .. .. .. .. .. .. .. .. .. .. ..
.. CA .. .. .. .. .. .. .. .. .. DK .. EE .. RU .. .. .. .. .. .. .. .. ..
.. US .. .. .. .. .. .. IE GB NL DE PL LV BY .. .. KZ .. .. .. .. .. .. ..
.. MX .. .. .. .. .. .. .. BE LU CZ SK LT UA .. .. UZ KG .. MN .. KP .. ..
.. .. .. CU .. .. .. .. .. FR LI AT HU RO MD GE AZ TM TJ .. CN .. KR JP ..
.. GT HN JM DO PR .. .. PT ES CH SI HR RS BG TR AM IR AF .. .. .. .. .. ..
.. SV NI .. .. .. .. .. .. GI IT BA ME XK MK SY IQ KW PK NP MO HK TW .. ..
.. .. CR .. .. .. .. .. .. .. MT .. AL GR CY IL JO BH .. IN BD MM LA VN ..
.. .. PA CO VE .. .. .. .. MA DZ TN LY EG .. .. SA QA AE LK .. TH KH .. PH
.. .. .. EC PE BR .. .. SN ML BF NE TD SD .. .. YE OM .. .. .. MY SG .. ..
.. .. .. .. BO PY .. .. .. CI GH NG CM SS ET .. .. .. .. .. .. .. ID .. PG
.. .. .. .. CL AR UY .. .. .. .. .. CD UG KE SO .. .. .. .. .. .. AU .. FJ
.. .. .. .. .. .. .. .. .. .. .. .. AO RW TZ .. .. .. .. .. .. .. .. .. NZ
.. .. .. .. .. .. .. .. .. .. .. .. NA ZM MZ MG RE MU .. .. .. .. .. .. ..
.. .. .. .. .. .. .. .. .. .. .. .. .. ZA .. .. .. .. .. .. .. .. .. .. ..
"""
_ROWS = [row.split() for row in _WORLD.strip().splitlines()]
#: Of the picture, with room for the edge of a tile.
WIDTH, HEIGHT = len(_ROWS[0]) * SIZE + 1, len(_ROWS) * SIZE + 1
#: How zones are told apart, narrow ones first; more than these look like the last.
_LOOKS = ("near", "far", "farther")
NOWHERE = "nowhere"


@dataclass(frozen=True)
class Tile:
    """A country at `x`, `y` in the picture; `look` is how its zone is drawn."""

    country: str
    x: int
    y: int
    look: str
    says: str
    is_home: bool = False

    @property
    def text_x(self) -> str:
        """Where the middle of its code stands."""
        return f"{self.x + SIZE / 2 - 0.5:g}"

    @property
    def text_y(self) -> str:
        """The line its code stands on."""
        return f"{self.y + SIZE / 2 + 0.8:g}"


def places() -> Iterator[tuple[str, int, int]]:
    """Country, column, row."""
    for y, row in enumerate(_ROWS):
        for x, country in enumerate(row):
            if country != "..":
                yield country, x, y


def look_of(place: int) -> str:
    """How the zone at `place` in the list of zones is drawn."""
    return _LOOKS[min(place, len(_LOOKS) - 1)]


def picture(looks: dict[str, str], *, home: str = "") -> list[Tile]:
    """All tiles. `looks` by country; one that is not there is drawn as a country where nothing works."""
    return [
        Tile(
            country, x * SIZE, y * SIZE, looks.get(country, NOWHERE), wording.country_in_words(country), country == home
        )
        for country, x, y in places()
    ]
