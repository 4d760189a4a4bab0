"""The copy of one's data: all of it, nothing of anybody else, no secrets, harmless in a spreadsheet, in a steady amount of memory."""

import csv
import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection

from accounts import claims
from accounts.models import Subscriber
from notifications.models import Message
from portal.my_data import copy
from tests.accounts.test_changing import PASSWORD, text
from tests.accounts.walking import Visitor, sent
from tests.my_data.owning import DAY, NOW, NUMBER, Life

pytestmark = pytest.mark.django_db


@pytest.fixture
def life(tmp_path: Path) -> Life:
    lived = Life(tmp_path)
    lived.person.refresh_from_db()
    return lived


def copied(person: Subscriber) -> dict[str, str]:
    """The copy's files by their names, and that the ZIP is whole."""
    pieces = copy.stream(copy.tables(person), made_at=NOW, language="en")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    return {name: archive.read(name).decode() for name in archive.namelist()}


def rows(files: dict[str, str], name: str) -> list[dict[str, Any]]:
    """A table as both of its files tell it."""
    told: list[dict[str, Any]] = json.loads(files[f"{name}.json"])
    sheet = list(csv.DictReader(io.StringIO(files[f"{name}.csv"])))
    assert len(told) == len(sheet)
    return told


def test_everything_of_the_person_is_in_it_and_nothing_of_others(life: Life) -> None:
    files = copied(life.person)
    everything = "\n".join(files.values())
    assert [row["name"] for row in rows(files, "profile")] == ["Annamark"]
    assert [row["own_name"] for row in rows(files, "lines")] == ["linemark"]
    assert [row["order"] for row in rows(files, "orders")] == [life.order.reference]
    assert [row["paid_with"] for row in rows(files, "payments")] == ["Visa ···4242"]
    assert {row["record"] for row in rows(files, "usage")} == {"recordmark-1", "recordmark-2"}
    assert [row["name"] for row in rows(files, "ways_to_pay")] == ["Visa ···9876"]
    assert [(row["name"], row["number"]) for row in rows(files, "payees")] == [("payeemark", "+4917604069012")]
    assert [row["amount_minor"] for row in rows(files, "credit")] == [4321]
    assert {row["kind"] for row in rows(files, "messages")} >= {"topped_up", "renewed"}
    assert len(rows(files, "plans")) == 1
    assert "bao@example.com" not in everything
    assert life.person.password not in everything
    assert "recordmark-1" in files["index.html"]


def test_the_next_owner_finds_nothing_from_before_and_the_former_nothing_from_after(life: Life) -> None:
    claims.decide(now=NOW + 2 * DAY)
    later = copied(Subscriber.objects.get(pk=life.other.pk))
    for name in ("orders", "payments", "usage", "usage_days", "credit", "ways_to_pay", "auto_renew", "top_up_links"):
        assert rows(later, name) == [], name
    assert not [row for row in rows(later, "messages") if row["address"] == NUMBER]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE network_usagerecord SET used_at = %s WHERE record_id = 'recordmark-1'", [NOW + 3 * DAY])
    former = copied(life.person)
    assert [row["record"] for row in rows(former, "usage")] == ["recordmark-2"]
    assert [row["own_name"] for row in rows(former, "lines")] == [""]
    assert [row["record"] for row in rows(copied(life.other), "usage")] == ["recordmark-1"]


def test_no_key_of_a_second_factor_leaves_and_no_cell_begins_a_formula(life: Life) -> None:
    Authenticator.objects.create(user=life.person, type="totp", data={"secret": "secretmark"})
    Subscriber.objects.filter(pk=life.person.pk).update(name="=HYPERLINK(1)")
    files = copied(Subscriber.objects.get(pk=life.person.pk))
    assert "secretmark" not in "".join(files.values())
    assert "'=HYPERLINK(1)" in files["profile.csv"]
    assert rows(files, "profile")[0]["name"] == "=HYPERLINK(1)"
    assert "'+4917604069011" in files["profile.csv"]


def test_who_owns_no_line_has_a_copy_too(db: None) -> None:
    person = Subscriber.objects.create_user(email="nobody@example.com", password=PASSWORD)
    files = copied(person)
    assert rows(files, "usage") == []
    assert len(rows(files, "profile")) == 1


def test_it_asks_for_the_password_tells_the_owner_and_is_not_given_too_often(life: Life) -> None:
    visitor = Visitor()
    visitor.sign_in(life.person.email, PASSWORD)
    assert "Type your password once more" in text(visitor.get("/account/data/"))
    assert "Type your password once more" in text(visitor.post("/account/data/"))
    assert not Message.objects.filter(kind="security_notice").exists()
    visitor.post("/account/reauthenticate/", password=PASSWORD, next="/account/data/")
    answer = visitor.client.post("/account/data/")
    assert answer["Content-Type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).testzip() is None  # type: ignore[attr-defined]
    assert sent("security_notice") == [life.person.email]
    again = [visitor.client.post("/account/data/").status_code for _time in range(6)]
    assert again == [200] * 5 + [429]


def test_many_uses_take_no_more_memory_than_few(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.my_data.AT_ONCE", 200)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO network_usagerecord (source, record_id, used_at, line_id, unit, amount, country, overrun)"
            " SELECT 'test', 'r' || n, %s, %s, 'data', 1000, 'DE', 0 FROM generate_series(1, 8000) n",
            [NOW, life.line.pk],
        )
    tracemalloc.start()
    size = sum(len(piece) for piece in copy.stream(copy.tables(life.person), made_at=NOW, language="en"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 50_000
    assert peak < 4_000_000  # the rows alone are more
