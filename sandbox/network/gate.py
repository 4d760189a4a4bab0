"""What the network lets through: as much as the core knows to be granted, and nothing from a line that is not in use."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

from sandbox.network.usage import HOUR, LATEST_SECONDS, Phone, Use, hours, in_hour, sums_of_hour

#: A line in grace receives only; one that is not told yet, or was told of before it was ever used, is let be.
_CLOSED = frozenset({"grace", "suspended", "blocked", "released", "ported_out"})


@dataclass(frozen=True)
class Grant:
    """So much of a unit between two moments (seconds since 1970); `amount` None without limit."""

    unit: str
    starts_at: int
    ends_at: int
    amount: int | None


@dataclass(frozen=True)
class Rights:
    """What a line may use. `pays_as_it_goes`: what no grant covers is charged to credit, and goes through."""

    grants: Sequence[Grant] = ()
    state: str = ""
    pays_as_it_goes: bool = False


def arriving(phone: Phone, rights: Rights, *, after: float, until: float) -> list[tuple[int, Use]]:
    """What mediation hands in between two moments, with the moment, in that order. What is used up is cut where it is."""
    found = [
        (at, use)
        for use in _let_through(phone, rights, hours(after - LATEST_SECONDS, until))
        for at in use.arrives_at
        if after < at <= until
    ]
    return sorted(found, key=lambda pair: (pair[0], pair[1].record_id))


def _let_through(phone: Phone, rights: Rights, wanted: range) -> Iterator[Use]:
    if rights.state in _CLOSED:
        return
    grants = [grant for grant in rights.grants if grant.ends_at > wanted.start * HOUR]
    taken: dict[tuple[Grant, ...], int] = {}
    for hour in wanted:
        for use in in_hour(phone, hour):
            valid = tuple(
                grant for grant in grants if grant.unit == use.unit and grant.starts_at <= use.used_at < grant.ends_at
            )
            if not valid:
                if rights.pays_as_it_goes:
                    yield use
                continue
            if valid not in taken:
                taken[valid] = _used_before(phone, valid, use)
            room = sum(inf if grant.amount is None else grant.amount for grant in valid) - taken[valid]
            taken[valid] += use.amount
            if room > 0:
                yield use if use.amount <= room else replace(use, amount=int(room))


def _used_before(phone: Phone, valid: Iterable[Grant], use: Use) -> int:
    """How much of the unit went through since the first of these grants began."""
    begun = min(grant.starts_at for grant in valid)
    first, last = begun // HOUR, use.used_at // HOUR
    whole = sum(sums_of_hour(phone, hour)[use.unit] for hour in range(first + 1, last))
    edges = (other for hour in {first, last} for other in in_hour(phone, hour))
    return whole + sum(
        other.amount
        for other in edges
        if other.unit == use.unit and begun <= other.used_at and _comes_before(other, use)
    )


def _comes_before(one: Use, other: Use) -> bool:
    return (one.used_at, one.record_id) < (other.used_at, other.record_id)


def scale_for(phone: Phone, *, amount: int, since: int, until: int) -> float:
    """What the phone's data is multiplied by to be `amount` bytes between two moments."""
    plain = replace(phone, data_scale=1.0)
    uses = [use for hour in hours(since, until) for use in in_hour(plain, hour) if use.unit == "data"]
    times = [use.used_at for use in uses]
    between = uses[bisect_left(times, since) : bisect_left(times, until)]
    return amount / (sum(use.amount for use in between) or amount)
