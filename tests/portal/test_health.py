"""What load balancers and people on call ask: does the web process serve, and does all of it work?"""

import pytest
from django.test import Client

from lib import heartbeat
from lib.tasks import heartbeat as beat_task
from sandbox.embedded.valkey import EmbeddedValkey


@pytest.mark.django_db
def test_a_healthy_portal_says_so_in_json_and_tells_no_secret() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": {"postgres": "ok", "cache": "ok"}})


@pytest.mark.django_db
def test_a_missing_worker_is_said_apart_from_the_web_process() -> None:
    answer = Client().get("/healthz/worker")
    assert answer.status_code == 503
    assert "no heartbeat" in answer.json()["checks"]["worker"]
    beat_task()
    assert heartbeat.last_beat() is not None
    assert Client().get("/healthz/worker").json()["checks"]["worker"] == "ok"


@pytest.mark.django_db
def test_a_cache_that_is_away_is_a_503_that_names_it(valkey: EmbeddedValkey) -> None:
    valkey.stop()
    try:
        answer = Client().get("/healthz")
    finally:
        valkey.start()
    assert answer.status_code == 503
    assert answer.json()["checks"]["postgres"] == "ok"
    assert answer.json()["checks"]["cache"] != "ok"
