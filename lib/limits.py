"""At most so many in so long, counted on the shared cache before what is counted is done."""

from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True)
class Cap:
    """At most `limit` in `seconds`, from the first one on, for whatever is counted together under one key."""

    name: str
    limit: int
    seconds: int


def over(cap: Cap, key: str) -> bool:
    """Count one more under `key`; whether that is beyond the cap."""
    name = _name(cap, key)
    cache.add(name, 0, timeout=cap.seconds)
    try:
        return int(cache.incr(name)) > cap.limit
    except ValueError:  # it ended between the two calls: a new window begins
        return False


def give_back(cap: Cap, key: str) -> None:
    """What was counted turned out to be nothing to count."""
    try:
        cache.decr(_name(cap, key))
    except ValueError:  # its window has ended
        return


def _name(cap: Cap, key: str) -> str:
    return f"limit:{cap.name}:{key}"
