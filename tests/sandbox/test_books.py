"""The books are written by one at a time, and read by anybody meanwhile."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.books import Books

_COUNT = "SELECT count(*) FROM calls"
_ENTRY = "INSERT INTO calls (at, method, path, status, idempotency_key, is_replay) VALUES (0, 'GET', '/', 200, '', 0)"


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread


def count(books: Books) -> int:
    with books.looking() as sql:
        found: int = sql.execute(_COUNT).fetchone()[0]
        return found


def test_who_looks_sees_one_state_while_another_writes(tmp_path: Path, elsewhere: ThreadPoolExecutor) -> None:
    books = Books(tmp_path)

    def write() -> None:
        with books.writing() as sql:
            sql.execute(_ENTRY)

    with books.looking() as sql:
        assert sql.execute(_COUNT).fetchone()[0] == 0
        elsewhere.submit(write).result(5)
        assert sql.execute(_COUNT).fetchone()[0] == 0
    assert count(books) == 1


def test_who_looks_cannot_change_anything_and_may_write_afterwards(tmp_path: Path) -> None:
    books = Books(tmp_path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"), books.looking() as sql:
        sql.execute(_ENTRY)
    assert count(books) == 0
    with books.writing() as sql:
        sql.execute(_ENTRY)
    assert count(books) == 1
