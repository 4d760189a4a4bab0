"""What charging must come to, said once more and otherwise: use by use, in the order of their times, from dictionaries."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


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


@dataclass
class Till:
    """Credit in minor units, prices for so much by country and unit, and the plans that ran: from, until, whether credit pays the rest."""

    credit: int
    rates: dict[tuple[str, str], tuple[int, int]]
    spans: list[tuple[datetime, datetime, bool]]
    paid: dict[Any, int] = field(default_factory=dict)

    def is_sold(self, use: Use) -> bool:
        says = [says for begins, ends, says in self.spans if begins <= use.at < ends]
        return (use.country, use.unit) in self.rates and (not says or says[0])


def play_till(till: Till, uses: list[Use], over: dict[str, int]) -> dict[str, int]:
    """Pays byte by byte for what nothing covered, a day's use of a unit in a country counted together; what is left of it, by record."""
    left = dict(over)
    for use in sorted(uses):
        day = (use.at.astimezone(ZoneInfo("Europe/Berlin")).date(), use.country, use.unit)
        while left[use.record] and till.credit and till.is_sold(use):
            price, per = till.rates[use.country, use.unit]
            before = till.paid.get(day, 0)
            cost = (before + 1) * price // per - before * price // per
            if cost > till.credit:
                break
            till.credit -= cost
            till.paid[day] = before + 1
            left[use.record] -= 1
    return left


@dataclass
class Seat:
    """A line's place in a group: from when until when, less pauses; at most so much in each of the owner's spans, None without limit."""

    joined: datetime
    left: datetime | None
    limit: int | None
    pauses: list[tuple[datetime, datetime]]
    used: dict[int, int] = field(default_factory=dict)

    def may(self, at: datetime) -> bool:
        is_in = self.joined <= at and (self.left is None or at < self.left)
        return is_in and not any(begins <= at < ends for begins, ends in self.pauses)


def play_group(
    pots: list[Pot], spans: list[tuple[datetime, datetime]], over: list[tuple[Use, Seat, int]], *, home: str
) -> dict[str, int]:
    """What is still missing, by record: `over` is what each member's own data has left of a use; the pots are the owner's to share."""
    left = {}
    for use, seat, missing in sorted(over, key=lambda each: each[0]):
        span = next((place for place, (begins, ends) in enumerate(spans) if begins <= use.at < ends), None)
        rest = missing
        if use.unit == "data" and span is not None and seat.may(use.at):
            room = rest if seat.limit is None else min(rest, seat.limit - seat.used.get(span, 0))
            open_to = pots if seat.limit is not None else [pot for pot in pots if pot.limit is not None]
            rest -= room - play(open_to, [Use(use.at, use.record, use.unit, room, use.country)], home=home)[use.record]
            seat.used[span] = seat.used.get(span, 0) + missing - rest
        left[use.record] = rest
    return left
