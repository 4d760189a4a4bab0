"""What must hold after every run: the promises the portal itself checks every night (`billing/reconciliation/stored.py`)."""

from typing import Any

from billing.reconciliation.stored import PROMISES, breaches


def broken() -> dict[str, list[dict[str, Any]]]:
    """The promises that do not hold, each with the rows that break it. Empty is right."""
    return {promise.holds: rows for promise in PROMISES if (rows := breaches(promise))}
