"""A file of usage records from its first row to its last: a chunk a transaction, any number of times, by any number of loaders.

The same file again changes nothing; a loader that died is followed where it stopped; two loaders of one file share its chunks.
"""

import hashlib
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import F

from lib.transactions import whole
from network import charging, formats, partitions, staging
from network.beyond import NotLocked
from network.formats import Row
from network.models import UsageFile, UsageFileState
from network.staging import Taken

CHUNK = 20_000
#: Clocks differ.
AHEAD = timedelta(hours=1)


@dataclass(frozen=True)
class Progress:
    """How far a file is: rows read of it so far, and what became of the last chunk; `taken` is None where it was loaded before."""

    rows_read: int
    taken: Taken | None


def known(path: Path, *, source: str) -> UsageFile:
    """The file's row, by its content; made when it comes for the first time."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    except OSError as error:
        raise formats.FileRefused(f"The file cannot be read: {error.strerror or error}.") from error
    found, _made = UsageFile.objects.get_or_create(
        source=source, sha256=digest.hexdigest(), defaults={"name": path.name[:200]}
    )
    return found


def load(path: Path, *, source: str, now: datetime) -> Generator[Progress]:
    """Load what is not loaded yet, and tell after each chunk. Raises FileRefused; what came before stays."""
    file = known(path, source=source)
    if file.state == UsageFileState.DONE:
        return
    partitions.make(now=now)
    first = 1
    for rows in _chunks(formats.read(path)):
        taken = _taken(file.pk, rows, first=first, source=source, now=now) if first > file.rows_read else None
        first += len(rows)
        yield Progress(first - 1, taken)
    UsageFile.objects.filter(pk=file.pk).update(state=UsageFileState.DONE, done_at=now)


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _taken(file_id: Any, rows: list[Row], *, first: int, source: str, now: datetime) -> Taken | None:
    """One chunk; begun anew when the credit of more lines is needed than were locked, which another loader's work can make so."""
    also: frozenset[Any] = frozenset()
    while True:
        try:
            return _take(file_id, rows, first=first, source=source, now=now, also=also)
        except NotLocked as found:
            also |= found.line_ids


@whole
def _take(
    file_id: Any, rows: list[Row], *, first: int, source: str, now: datetime, also: Collection[Any]
) -> Taken | None:
    """One chunk. None when another loader was here first. Raises NotLocked."""
    file = UsageFile.objects.select_for_update(no_key=True, of=("self",)).get(pk=file_id)
    if file.rows_read >= first:
        return None
    with connection.cursor() as cursor:
        staging.prepare(cursor)
        window = {"keeps_from": partitions.keeps_from(now), "until": now + AHEAD}
        taken = staging.take(cursor.cursor, rows, first=first, source=source, file_id=file_id, **window)
        if taken.new:
            charging.charge(cursor, now=now, also=also)
    counted = {"rows_new": taken.new, "rows_known": taken.known, "rows_wrong": taken.wrong}
    added = {name: F(name) + count for name, count in counted.items()}
    UsageFile.objects.filter(pk=file_id).update(rows_read=first - 1 + len(rows), **added)
    return taken
