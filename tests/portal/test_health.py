"""What load balancers and people on call ask: does the web process serve, and does all of it work?"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from lib import heartbeat
from lib.tasks import heartbeat as beat_task
from sandbox.embedded.valkey import EmbeddedValkey


def ask(path: str) -> Any:
    """The answer, from a thread without an event loop: the checks run in one of their own, and a browser's test may have left one."""

    def answer() -> Any:
        try:
            return Client().get(path)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(answer).result()


@pytest.mark.django_db
def test_a_healthy_portal_says_so_in_json_and_tells_no_secret() -> None:
    answer = ask("/healthz")
    assert (answer.status_code, json.loads(answer.content)) == (
        200,
        {"status": "ok", "checks": {"postgres": "ok", "cache": "ok"}},
    )


@pytest.mark.django_db
def test_a_missing_worker_is_said_apart_from_the_web_process() -> None:
    answer = ask("/healthz/worker")
    assert answer.status_code == 503
    assert "no heartbeat" in json.loads(answer.content)["checks"]["worker"]
    beat_task()
    assert heartbeat.last_beat() is not None
    assert json.loads(ask("/healthz/worker").content)["checks"]["worker"] == "ok"


@pytest.mark.django_db
def test_a_cache_that_is_away_is_a_503_that_names_it(valkey: EmbeddedValkey) -> None:
    valkey.stop()
    try:
        answer = ask("/healthz")
    finally:
        valkey.start()
    assert answer.status_code == 503
    assert json.loads(answer.content)["checks"]["postgres"] == "ok"
    assert json.loads(answer.content)["checks"]["cache"] != "ok"
