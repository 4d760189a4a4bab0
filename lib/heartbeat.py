"""Beat, broker and a worker are all alive when this is fresh."""

from datetime import datetime

from django.core.cache import cache

from lib import clock

_KEY = "worker-heartbeat"


def beat() -> None:
    """Say that a worker has just run a task that beat has sent."""
    cache.set(_KEY, clock.real_now().isoformat(), timeout=3600)


def last_beat() -> datetime | None:
    """When that was last; None when nobody remembers."""
    said = cache.get(_KEY)
    return datetime.fromisoformat(said) if said else None
