"""Plays an archive into a database inside the caller's transaction.

pg_restore writes SQL and connects to nothing; we send it. So tables, rows, triggers, the comparison and what follows are one
transaction, and the portal never sees rows that were not made ready.
"""

import re
from collections.abc import Iterator
from typing import IO, Any

import psycopg

from portal.backup import binaries, programs
from portal.backup.archives import CHUNK_BYTES, Archive
from portal.backup.progress import Progress
from portal.backup.refusal import BackupRefused

_SECTIONS = ("pre-data", "data", "post-data")
#: Whoever restores owns everything and the new place's default privileges say who else may: roles need not be the same.
_WORDS = ("--file=-", "--no-owner", "--no-privileges")
_COPY = re.compile(rb"COPY .* FROM stdin;\n")
_ROWS_END = b"\\.\n"
#: psql's own words, and a comment that only the owner of an extension may write
_SKIPPED = re.compile(rb"\\(un)?restrict \w+\n|COMMENT ON EXTENSION .*;\n")


def load(archive: Archive, connection: psycopg.Connection[Any]) -> None:
    """Make everything that is in the archive, in the connection's open transaction; its `search_path` is as before.

    Raises BackupRefused, psycopg.Error.
    """
    made_by = int(archive.manifest.pg_dump_version.partition(".")[0])
    pg_restore = binaries.find("pg_restore", at_least=made_by)
    progress = Progress("Restored", total_bytes=archive.manifest.dump_bytes)
    for section in _SECTIONS:
        with (
            archive.dump() as file,
            programs.output_of(pg_restore, [*_WORDS, f"--section={section}"], reads=file) as script,
        ):
            for _sent in _play(script, connection):
                progress.reach(file.tell())
    progress.end()
    connection.execute("RESET search_path")


def list_contents(archive: Archive) -> int:
    """How many things pg_restore finds in the archive. Raises BackupRefused."""
    made_by = int(archive.manifest.pg_dump_version.partition(".")[0])
    pg_restore = binaries.find("pg_restore", at_least=made_by)
    with archive.dump() as file, programs.output_of(pg_restore, ["--list"], reads=file) as listed:
        count = sum(1 for line in listed if not line.startswith(b";"))
    if not count:
        raise BackupRefused(f"{archive.path} holds nothing.")
    return count


def _play(script: IO[bytes], connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Send the script, and pause after each piece of rows."""
    statements: list[bytes] = []
    for line in script:
        if _COPY.fullmatch(line):
            connection.execute(b"".join(statements))
            statements = []
            with connection.cursor() as cursor, cursor.copy(line) as copy:
                for rows in _rows(script):
                    copy.write(rows)
                    yield
        elif not _SKIPPED.fullmatch(line):
            statements.append(line)
    connection.execute(b"".join(statements))


def _rows(script: IO[bytes]) -> Iterator[bytes]:
    """What stands up to the line that ends a COPY, in pieces. A text that breaks off ends too; pg_restore's status tells."""
    held: list[bytes] = []
    size = 0
    for line in iter(script.readline, _ROWS_END):
        if not line:
            break
        held.append(line)
        size += len(line)
        if size >= CHUNK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)
