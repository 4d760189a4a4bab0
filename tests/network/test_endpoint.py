"""Usage handed in over HTTP: with the key of a source, any number of times, and told row by row."""

import gzip
from typing import Any

import pytest
from django.test import Client

from accounts.models import Line
from lib import clock
from network.models import UsageFile, UsageRecord
from network.views import usage as views
from tests.network.writing import NOW, allowance, as_csv, row

pytestmark = pytest.mark.django_db
KEY = "a-key-of-the-mediation-system"


@pytest.fixture(autouse=True)
def _keys(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.USAGE_KEYS = {"mediation": KEY, "other": "another-key"}
    monkeypatch.setattr(clock, "now", lambda: NOW)


def hand_in(body: bytes, *, key: str = KEY) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return Client(enforce_csrf_checks=True).post("/network/usage/", body, content_type="text/csv", headers=headers)


def test_a_batch_is_taken_charged_and_told(line: Line) -> None:
    bucket = allowance(line)
    answer = hand_in(as_csv([row("a", amount=3), row("b", unit="?"), row("c", number="+4917699999999")]))
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "read": 3, "new": 1, "known": 0, "wrong": 2,
            "errors": [{"row": 2, "reason": "unit"}, {"row": 3, "reason": "unknown_number"}],
        },
    )  # fmt: skip
    bucket.refresh_from_db()
    assert bucket.used == 3


def test_the_same_batch_again_gets_the_same_answer_and_changes_nothing(line: Line) -> None:
    allowance(line)
    body = gzip.compress(as_csv([row("a")]))
    assert hand_in(body).json() == hand_in(body).json()
    assert UsageRecord.objects.count() == 1


def test_records_of_two_sources_are_two(line: Line) -> None:
    allowance(line)
    for key in (KEY, "another-key"):
        assert hand_in(as_csv([row("a")]), key=key).json()["new"] == 1
    assert sorted(UsageFile.objects.values_list("source", flat=True)) == ["mediation", "other"]


@pytest.mark.parametrize("key", ["", "wrong", "mediation", KEY[:-1], "ключ"])
def test_without_a_source_s_key_nothing_is_read(line: Line, key: str) -> None:
    assert hand_in(as_csv([row("a")]), key=key.encode().decode("latin-1")).status_code == 401
    assert not UsageFile.objects.exists()


def test_what_cannot_be_read_is_said(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = hand_in(b"no,columns\n1,2\n")
    assert answer.status_code == 422
    assert "must name these columns" in answer.json()["error"]
    monkeypatch.setattr(views, "LONGEST_BYTES", 100)
    assert hand_in(as_csv([row("a"), row("b")])).status_code == 413
    assert Client().get("/network/usage/").status_code == 405
