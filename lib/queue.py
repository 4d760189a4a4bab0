"""Wakes tasks up by name. The row that says what to do is in Postgres already; losing a wake-up costs one sweep, never work."""

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


def after_commit(task: str, **kwargs: str | int) -> None:
    """Send the task once the surrounding transaction has committed (at once outside of one).

    `kwargs` are ids only: no personal data travels through the broker.
    """
    transaction.on_commit(lambda: wake(task, **kwargs), robust=True)


def wake(task: str, **kwargs: str | int) -> None:
    """Send the task now. An unreachable broker is logged and left to the sweeps."""
    try:
        current_app.signature(task, kwargs=kwargs).apply_async()
    except (OperationalError, RedisError, OSError) as error:
        log.warning("queue.unreachable", task=task, error=type(error).__name__)
