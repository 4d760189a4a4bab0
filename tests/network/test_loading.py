"""Usage records from a file: what is right is taken once and charged, what is wrong stands with its row and its reason."""

import gzip
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import Line, LineState
from network import loading, partitions, wording
from network.formats import FileRefused
from network.models import UsageCharge, UsageDay, UsageFile, UsageRecord, UsageRowError
from tests.network.conftest import Load
from tests.network.writing import DAY, HEADER, HOUR, MB, NOW, allowance, as_csv, row

pytestmark = pytest.mark.django_db


def counts(file: UsageFile) -> tuple[str, int, int, int, int]:
    return file.state, file.rows_read, file.rows_new, file.rows_known, file.rows_wrong


def reasons() -> list[tuple[int, str]]:
    return list(UsageRowError.objects.order_by("file__begun_at", "row").values_list("row", "reason"))


def used() -> list[int]:
    from plans.models import Allowance

    return list(Allowance.objects.order_by("expires_at", "id").values_list("used", flat=True))


# --- Taken ------------------------------------------------------------------------------------------------------------------


def test_a_record_is_taken_charged_and_counted_by_the_line_s_own_day(line: Line, load: Load) -> None:
    bucket = allowance(line)
    late = NOW.replace(hour=23, minute=30) - DAY  # in Berlin it is the next day
    assert counts(load([row(at=late, amount=7 * MB)])) == ("done", 1, 1, 0, 0)
    record = UsageRecord.objects.get()
    assert (record.line_id, record.amount, record.overrun) == (line.pk, 7 * MB, 0)
    assert list(UsageCharge.objects.values_list("allowance_id", "amount")) == [(bucket.pk, 7 * MB)]
    assert used() == [7 * MB]
    day = UsageDay.objects.get()
    assert (str(day.day), day.unit, day.country, day.amount, day.records_count) == (
        "2026-11-23",
        "data",
        "DE",
        7 * MB,
        1,
    )


def test_the_same_file_again_changes_nothing(line: Line, load: Load) -> None:
    allowance(line)
    load([row("a"), row("b")])
    assert counts(load([row("a"), row("b")], name="again.csv")) == ("done", 2, 2, 0, 0)
    assert UsageFile.objects.count() == 1
    assert used() == [10 * MB]


def test_a_file_that_overlaps_another_counts_each_record_once(line: Line, load: Load) -> None:
    allowance(line)
    load([row("a"), row("b")])
    assert counts(load([row("b"), row("c"), row("c")])) == ("done", 3, 1, 2, 0)
    assert used() == [15 * MB]
    assert UsageDay.objects.get().records_count == 3


def test_a_record_that_comes_again_with_another_amount_is_told_and_changes_nothing(line: Line, load: Load) -> None:
    allowance(line)
    load([row("a", amount=MB), row("b", amount=MB), row("b", amount=3 * MB)])
    assert reasons() == [(3, "differs")]
    load([row("a", amount=2 * MB)], name="second.csv")
    assert reasons() == [(3, "differs"), (1, "differs")]
    assert used() == [2 * MB]


@pytest.mark.parametrize("is_zipped", [True, False])
def test_json_lines_and_gzip_are_read_like_csv(line: Line, load: Load, is_zipped: bool) -> None:
    allowance(line)
    names = HEADER.strip().split(",")
    rows = [dict(zip(names, row(record, amount=MB).split(","), strict=True)) for record in "ab"]
    rows[0]["amount"] = MB  # type: ignore[assignment]  # a number may stand as a number
    text = "".join(json.dumps(each) + "\n" for each in rows).encode()
    assert counts(load(gzip.compress(text) if is_zipped else text)) == ("done", 2, 2, 0, 0)


def test_columns_in_another_order_quotes_and_windows_lines(line: Line, load: Load) -> None:
    allowance(line)
    text = f'\ufeffunit,amount,country,record_id,number,used_at\r\ndata,"1000","DE",x1,+4917604069011,{NOW - HOUR:%Y-%m-%dT%H:%M:%S}+00:00\r\n'
    assert counts(load(text.encode())) == ("done", 1, 1, 0, 0)


# --- Not taken --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("one,two", "unreadable"),
        ('"x,y', "unreadable"),
        (row("x") + ",more", "unreadable"),
        ("x" * 5000, "unreadable"),
        ("a\x00b" + row("x"), "unreadable"),
        (row(""), "record"),
        (row("a b"), "record"),
        (row("x" * 81), "record"),
        (row("x", number="017604069011"), "number"),
        (row("x", number="+49176040690119999"), "number"),
        (row("x").replace("2026-11-22", "2026-02-30"), "time"),
        (row("x").replace("Z", ""), "time"),
        (row("x", unit="bytes"), "unit"),
        (row("x", amount=0), "amount"),
        (row("x", amount=-1), "amount"),
        (row("x", amount="1e3"), "amount"),
        (row("x", amount="1.5"), "amount"),
        (row("x", amount="١٢"), "amount"),
        (row("x", amount="NaN"), "amount"),
        (row("x", amount=10**13), "amount"),
        (row("x", amount="=1+1"), "amount"),
        (row("x", country="de"), "country"),
        (row("x", at=NOW - 400 * DAY), "too_old"),
        (row("x", at=NOW + 2 * HOUR), "future"),
        (row("x", number="+4917699999999"), "unknown_number"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_and_the_rest_is_loaded(
    line: Line, load: Load, wrong: str, reason: str
) -> None:
    allowance(line)
    assert counts(load([row("a"), wrong, row("b")])) == ("done", 3, 2, 0, 1)
    assert reasons() == [(2, reason)]
    assert reason in wording.REASONS
    assert used() == [10 * MB]


def test_a_line_that_was_given_up_before_is_told_and_one_that_was_in_use_then_is_charged(
    line: Line, load: Load
) -> None:
    allowance(line)
    for state in (LineState.ACTIVE, LineState.SUSPENDED, LineState.RELEASED):
        Line.objects.filter(pk=line.pk).update(state=state, state_since=NOW - DAY)
    load([row("then", at=NOW - 2 * DAY), row("now", at=NOW - HOUR)])
    assert reasons() == [(2, "closed_line")]
    assert used() == [5 * MB]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"number,amount\n1,2\n", "must name these columns"),
        ("record_id".encode("utf-16"), "UTF-16"),
        (gzip.compress(as_csv([row("a")]))[:-9], "breaks off"),
    ],
    ids=["empty", "columns", "utf-16", "cut off"],
)
def test_a_file_that_is_none_is_refused_in_words(load: Load, content: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        load(content)


# --- Again and again ----------------------------------------------------------------------------------------------------------


def test_a_loader_that_died_is_followed_where_it_stopped(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowance(line)
    monkeypatch.setattr(loading, "CHUNK", 3)
    path = tmp_path / "usage.csv"
    path.write_bytes(as_csv([*(row(f"r{number}", amount=MB) for number in range(7)), "broken"]))
    first = loading.load(path, source="test", now=NOW)
    assert next(first).rows_read == 3
    first.close()
    told = list(loading.load(path, source="test", now=NOW))
    assert [(each.rows_read, each.taken is None) for each in told] == [(3, True), (6, False), (8, False)]
    assert counts(loading.known(path, source="test")) == ("done", 8, 7, 0, 1)
    assert used() == [7 * MB]


def test_the_command_tells_what_was_taken_and_what_is_wrong(
    line: Line, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.clock.now", lambda: NOW)
    allowance(line)
    path = tmp_path / "usage.csv"
    path.write_bytes(as_csv([row("a"), row("b", unit="?"), row("c", unit="?")]))
    call_command("load_usage", str(path), "--source", "test")
    assert capsys.readouterr().out.splitlines() == [
        "usage.csv: 3 rows, 1 new, 0 known before, 2 not taken",
        "  2 × unit, first in row 2",
    ]


# --- Months -----------------------------------------------------------------------------------------------------------------


def test_months_are_made_ahead_once_and_forgotten_when_they_are_old(line: Line, load: Load) -> None:
    load([row("a", at=NOW - 5 * 30 * DAY), row("b")])
    assert partitions.make(now=NOW) == 0
    assert (
        partitions.make(now=NOW + timedelta(days=40)) == 6
    )  # two months more, of records and of both kinds of charges
    assert partitions.drop(now=NOW) == 0
    assert partitions.drop(now=NOW + timedelta(days=70)) > 0
    assert list(UsageRecord.objects.values_list("record_id", flat=True)) == ["b"]
    assert UsageDay.objects.count() == 2


def test_the_database_refuses_what_no_use_can_be(line: Line, load: Load) -> None:
    load([row("a")])
    for change in ("overrun = amount + 1", "overrun = -1", "amount = 0"):
        with pytest.raises(Exception, match="check constraint"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE network_usagerecord SET {change}")
