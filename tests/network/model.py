"""What charging must come to, said once more and otherwise: use by use, in the order of their times, from dictionaries."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Pot:
    """An allowance: what may be used of it in all and abroad, None without limit."""

    name: Any
    unit: str
    begins: datetime
    ends: datetime
    countries: set[str]
    limit: int | None
    limit_abroad: int | None
    used: int = 0
    used_abroad: int = 0


@dataclass(frozen=True, order=True)
class Use:
    at: datetime
    record: str
    unit: str = field(compare=False)
    amount: int = field(compare=False)
    country: str = field(compare=False)


def play(pots: list[Pot], uses: list[Use], *, home: str) -> dict[str, int]:
    """Changes the pots; what of each use nothing covered, by record."""
    over = {}
    for use in sorted(uses):
        missing = use.amount
        for pot in sorted(pots, key=lambda pot: (pot.ends, pot.name)):
            if pot.unit == use.unit and pot.begins <= use.at < pot.ends and use.country in pot.countries:
                part = missing
                if pot.limit is not None:
                    part = min(part, pot.limit - pot.used)
                if use.country != home and pot.limit_abroad is not None:
                    part = min(part, pot.limit_abroad - pot.used_abroad)
                pot.used += part
                pot.used_abroad += part if use.country != home else 0
                missing -= part
        over[use.record] = missing
    return over
