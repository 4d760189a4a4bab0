"""Files of usage records, a row at a time: CSV with a header or JSON lines, plain or gzip. What is wrong with a row stays with that row.

    record_id,number,used_at,unit,amount,country
    e1f0-7,+4917604069011,2026-11-29T08:15:00Z,data,1500000,DE

`unit` is data, voice or texts, `amount` bytes, seconds or messages, `used_at` ISO 8601 with its offset, `country` ISO 3166.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

COLUMNS = ("record_id", "number", "used_at", "unit", "amount", "country")
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
#: No row of ours is longer; what is, is read past and not kept.
LONGEST_ROW = 2000


class FileRefused(Exception):
    """Why the file as a whole cannot be read on, for whoever sent it. What was loaded before stays."""


@dataclass(frozen=True)
class Row:
    """Six texts as they stand, or none where the row is not made of six."""

    cells: tuple[str, ...] | None
    told: str


def read(path: Path) -> Iterator[Row]:
    """Each row after the header. Raises FileRefused."""
    try:
        with path.open("rb") as file:
            yield from of_stream(file)
    except OSError as error:
        raise FileRefused(f"The file cannot be read: {error.strerror or error}.") from error


def of_stream(raw: IO[bytes]) -> Iterator[Row]:
    """The same of an open file that can seek. Raises FileRefused."""
    start = raw.read(2)
    raw.seek(0)
    opened: Any = gzip.GzipFile(fileobj=raw) if start == _GZIP else raw
    try:
        first = opened.read(2)
        if first in _UTF16:
            raise FileRefused("The file is UTF-16: send it as UTF-8.")
        opened.seek(0)
        yield from _rows(io.TextIOWrapper(opened, encoding="utf-8-sig", errors="replace", newline="\n"))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileRefused(
            "The file breaks off: send it again, whole. What was read stays; nothing is counted twice."
        ) from error


def _rows(text: IO[str]) -> Iterator[Row]:
    lines = _lines(text)
    header = next(lines, None)
    if header is None:
        raise FileRefused(f"The file is empty. Its first line names the columns: {','.join(COLUMNS)}.")
    if header.lstrip().startswith("{"):
        yield _of_json(header)
        for line in lines:
            yield _of_json(line)
        return
    names = [cell.strip().lower() for cell in (_cells(header) or ())]
    if sorted(names) != sorted(COLUMNS):
        raise FileRefused(f"The first line must name these columns and no others: {','.join(COLUMNS)}.")
    places = None if tuple(names) == COLUMNS else [names.index(name) for name in COLUMNS]
    for line in lines:
        cells = _cells(line)
        if cells and places:
            cells = tuple(cells[place] for place in places)
        yield Row(cells, line[:80] if cells is None else "")


def _lines(text: IO[str]) -> Iterator[str]:
    """Without empty ones; of one that is too long only its beginning."""
    while line := text.readline(LONGEST_ROW):
        if not line.endswith("\n") and len(line) == LONGEST_ROW:
            while (rest := text.readline(LONGEST_ROW)) and not rest.endswith("\n"):
                pass
            yield "\x00" + line  # no row of six, whatever it says
        elif stripped := line.strip():
            yield stripped


def _cells(line: str) -> tuple[str, ...] | None:
    """The six texts of a CSV row, None for another number."""
    if "\x00" in line:
        return None
    if '"' in line:
        try:
            found = next(csv.reader([line], strict=True), [])
        except csv.Error:
            return None
    else:
        found = line.split(",")
    return tuple(found) if len(found) == len(COLUMNS) else None


def _of_json(line: str) -> Row:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return Row(None, line[:80])
    if not isinstance(found, dict) or found.keys() != set(COLUMNS):
        return Row(None, line[:80])
    return Row(tuple(_text(found[name]) for name in COLUMNS), "")


def _text(value: Any) -> str:
    """A number or a text as it stands; what is neither is no value of ours."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)[:LONGEST_ROW]
