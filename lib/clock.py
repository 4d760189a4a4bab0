"""What time it is for plans and messages. Signatures, sessions, leases and codes use real time instead."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings


def now() -> datetime:
    """The domain's now, UTC: real time plus the offset that only the sandbox can set (and production refuses to have)."""
    return datetime.now(UTC) + _offset()


def real_now() -> datetime:
    """The real now, UTC, for leases, back-off and the gateway's time-outs."""
    return datetime.now(UTC)


def _offset() -> timedelta:
    if not settings.CLOCK_FILE:
        return timedelta()
    try:
        return timedelta(seconds=int(Path(settings.CLOCK_FILE).read_text(encoding="ascii") or 0))
    except (OSError, ValueError, OverflowError):
        return timedelta()
