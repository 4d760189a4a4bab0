"""One whole transaction, tried again when Postgres says that it lost a race."""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import psycopg
import structlog
from django.db import OperationalError, transaction

log = structlog.get_logger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

TRIES = 5
#: deadlock_detected, serialization_failure, lock_not_available (PostgreSQL, Appendix A)
_LOST_A_RACE = {"40P01", "40001", "55P03"}


def whole(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in a transaction of its own (never inside another), at most 5 times, with jitter between.

    Only a deadlock, a serialization failure or a lock time-out is tried again; `function` must change nothing but the database.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for tried in range(1, TRIES + 1):
            try:
                with transaction.atomic(durable=True):
                    return function(*args, **kwargs)
            except (
                OperationalError,
                psycopg.OperationalError,
            ) as error:  # the latter by a cursor that Django does not wrap
                said = error if isinstance(error, psycopg.OperationalError) else error.__cause__
                if getattr(said, "sqlstate", None) not in _LOST_A_RACE or tried == TRIES:
                    raise
                log.warning("transaction.again", flow=function.__name__, tried=tried)
                time.sleep(random.uniform(0.02, 0.1) * tried)  # noqa: S311  jitter, no secret
        raise AssertionError("unreachable")

    return run
