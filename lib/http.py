"""Calls to the outside: always with time-outs, never following a redirect, never inside a database transaction."""

from collections.abc import Mapping
from typing import Any

import requests
from django.db import connection

CONNECT_SECONDS = 5
READ_SECONDS = 20


class CalledInsideTransaction(RuntimeError):
    """A network call was about to be made with a transaction open; rows would stay locked for as long as it takes."""


def refuse_inside_transaction() -> None:
    """Raises CalledInsideTransaction. Every adapter to the outside calls this first."""
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise CalledInsideTransaction("commit first, then call")


def post_json(url: str, body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> requests.Response:
    """POST `body` as JSON. Raises requests.ConnectTimeout, requests.ReadTimeout, requests.ConnectionError."""
    refuse_inside_transaction()
    return requests.post(
        url, json=body, headers=dict(headers or {}), timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False
    )
