"""Which database, as libpq's parameters; a password reaches a child through its environment and nothing else."""

import os
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

#: libpq's name of a parameter
Parameters = Mapping[str, Any]

_ENVIRONMENT_NAMES = {
    option.keyword.decode(): option.envvar.decode() for option in psycopg.pq.Conninfo.get_defaults() if option.envvar
}
#: of our own settings: they are meant for requests, which give up soon
_NOT_FOR_LONG_WORK = ("options",)
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "TZ")


def own() -> dict[str, Any]:
    """The parameters of DATABASE_URL."""
    given = connection.get_connection_params()
    return {name: given[name] for name in _ENVIRONMENT_NAMES if name in given and name not in _NOT_FOR_LONG_WORK}


def parsed(url: str) -> dict[str, Any]:
    """The parameters in a URL or a libpq string. Raises psycopg.ProgrammingError."""
    return dict(conninfo_to_dict(url))


def child_environment(parameters: Parameters | None = None) -> dict[str, str]:
    """For a program of Postgres: where to connect, in the C language, and no variable of ours."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    given = {_ENVIRONMENT_NAMES[name]: str(value) for name, value in (parameters or {}).items() if value is not None}
    return {**kept, "LC_ALL": "C", **given}
