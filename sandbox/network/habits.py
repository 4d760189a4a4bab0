"""How people use their phones: how much a day, and in which hours. `people.py` of the portal's demo names them."""

from collections.abc import Mapping
from dataclasses import dataclass

Shape = tuple[int, ...]


def _shape(digits: str) -> Shape:
    """How much each hour of the day weighs beside the others, from midnight on."""
    return tuple(int(digit) for digit in digits.replace(" ", ""))


@dataclass(frozen=True, kw_only=True)
class Habit:
    """Each pair is for days from Monday to Friday, and for weekends. `trips`: first and last day of a month, and the country;
    `cuts_an_hour`: how often a session is told of in its busiest hour while somebody may be looking.
    """

    data_mb: tuple[float, float]
    data_hours: tuple[Shape, Shape]
    calls: tuple[float, float]
    call_hours: tuple[Shape, Shape]
    call_seconds: int
    texts: tuple[float, float]
    text_hours: Shape
    trips: tuple[tuple[int, int, str], ...] = ()
    cuts_an_hour: int = 5


#                      0     6      12     18
_AWAKE = _shape("100000 122222 233222 222211")
_EVENINGS = _shape("210000 111111 222233 788964")
_LATE_DAY = _shape("421000 001235 555566 677765")
_OFFICE = _shape("000000 012332 233321 210000")
_TALK = _shape("000000 001122 222233 332100")

HABITS: Mapping[str, Habit] = {
    "commuter": Habit(
        data_mb=(470, 310),
        data_hours=(_shape("100000 386222 332234 864332"), _LATE_DAY),
        calls=(2.6, 1.5),
        call_hours=(_shape("000000 012111 221112 331000"), _TALK),
        call_seconds=300,
        texts=(7, 4),
        text_hours=_AWAKE,
        cuts_an_hour=40,
    ),
    "traveller": Habit(
        data_mb=(230, 300),
        data_hours=(_shape("110000 245433 344333 345543"), _LATE_DAY),
        calls=(1.1, 0.6),
        call_hours=(_OFFICE, _TALK),
        call_seconds=150,
        texts=(2, 1.5),
        text_hours=_AWAKE,
        trips=((3, 6, "FR"), (12, 16, "TR"), (23, 26, "US")),
    ),
    "parent": Habit(
        data_mb=(650, 1250),
        data_hours=(_EVENINGS, _LATE_DAY),
        calls=(4, 3),
        call_hours=(_TALK, _TALK),
        call_seconds=260,
        texts=(9, 7),
        text_hours=_AWAKE,
    ),
    "child": Habit(
        data_mb=(75, 190),
        data_hours=(_shape("000000 110000 013456 665200"), _shape("000000 000123 445566 664200")),
        calls=(0.8, 0.6),
        call_hours=(_shape("000000 010000 012332 221000"), _TALK),
        call_seconds=90,
        texts=(2, 3),
        text_hours=_shape("000000 110000 123332 332100"),
    ),
    "teenager": Habit(
        data_mb=(300, 620),
        data_hours=(_shape("210000 231112 113566 678997"), _shape("632100 000123 566677 789998")),
        calls=(0.5, 0.7),
        call_hours=(_TALK, _TALK),
        call_seconds=180,
        texts=(3, 4),
        text_hours=_AWAKE,
    ),
    "grandmother": Habit(
        data_mb=(3, 5),
        data_hours=(_shape("000000 001110 000011 111000"), _shape("000000 001110 000222 111000")),
        calls=(1.7, 2.6),
        call_hours=(_shape("000000 000930 000250 008100"), _shape("000000 000390 000296 007100")),
        call_seconds=250,
        texts=(0.3, 0.5),
        text_hours=_shape("000000 000111 000111 110000"),
    ),
    "streamer": Habit(
        data_mb=(1700, 1900),
        data_hours=(_shape("211111 334444 555555 666654"), _LATE_DAY),
        calls=(1.5, 1.5),
        call_hours=(_TALK, _TALK),
        call_seconds=130,
        texts=(3, 3),
        text_hours=_AWAKE,
    ),
    "tablet": Habit(
        data_mb=(380, 700),
        data_hours=(_EVENINGS, _LATE_DAY),
        calls=(0, 0),
        call_hours=(_TALK, _TALK),
        call_seconds=60,
        texts=(0.2, 0.2),
        text_hours=_AWAKE,
    ),
}
