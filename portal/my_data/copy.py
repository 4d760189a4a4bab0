"""A person's copy of everything about them, from every room: drawn while it is downloaded, kept nowhere.

Each table is a CSV file for a spreadsheet and a JSON file for programs; `index.html` is for reading.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any, cast

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import translation

import accounts.my_data
import billing.my_data
import network.my_data
import notifications.my_data
import plans.my_data
import support.my_data
from accounts.models import Subscriber
from lib.my_data import Table
from lib.spreadsheet import safe

#: compressed bytes handed on at once
_CHUNK = 64 * 1024
#: rows of a table that the page for reading shows; all are in its files
_SHOWN = 200


def tables(subscriber: Subscriber) -> list[Table]:
    """Every room's, in the reader's language."""
    return [
        *accounts.my_data.tables(subscriber),
        *plans.my_data.tables(subscriber),
        *billing.my_data.tables(subscriber),
        *network.my_data.tables(subscriber),
        *support.my_data.tables(subscriber),
        *notifications.my_data.tables(accounts.my_data.addresses(subscriber)),
    ]


def stream(found: list[Table], *, made_at: datetime, language: str) -> Iterator[bytes]:
    """The ZIP file in pieces; what it needs of memory does not grow with the rows."""
    pipe = _Pipe()
    shown: list[dict[str, Any]] = []
    with zipfile.ZipFile(cast("IO[bytes]", pipe), "w", zipfile.ZIP_DEFLATED) as archive:
        for table in found:
            shown.append({"name": table.name, "title": table.title, "columns": table.columns, "rows": [], "count": 0})
            for suffix, texts in (("csv", _as_csv(table, shown[-1])), ("json", _as_json(table))):
                with archive.open(_file(f"{table.name}.{suffix}", made_at), "w") as file:
                    for text in texts:
                        file.write(text.encode())
                        if pipe.size > _CHUNK:
                            yield pipe.take()
        with translation.override(language):
            page = render_to_string("portal/my_data/index.html", {"tables": shown, "made_at": made_at})
        with archive.open(_file("index.html", made_at), "w") as file:
            file.write(page.encode())
    yield pipe.take()


class _Pipe:
    """What zipfile writes to; the pieces are taken away as they come."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces, self.size = [], 0
        return taken


def _file(name: str, made_at: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, made_at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _as_csv(table: Table, shown: dict[str, Any]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(table.columns)
    for row in table.rows():
        cells = [_cell(value) for value in row]
        writer.writerow(cells)
        shown["count"] += 1
        if shown["count"] <= _SHOWN:
            shown["rows"].append(cells)
        if buffer.tell() > _CHUNK:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _as_json(table: Table) -> Iterator[str]:
    before = "["
    for row in table.rows():
        yield before + json.dumps(dict(zip(table.columns, row, strict=True)), cls=DjangoJSONEncoder, ensure_ascii=False)
        before = ",\n"
    yield "]\n" if before != "[" else "[]\n"


def _cell(value: Any) -> str | int:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, dict | list):
        return safe(json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False))
    return safe(str(value))
