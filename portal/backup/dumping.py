"""Writes a backup: one snapshot of the database, counted and dumped, through our hands in small pieces."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import psycopg

from portal.backup import addresses, archives, binaries, figures, manifest, programs
from portal.backup.addresses import Parameters
from portal.backup.manifest import Manifest
from portal.backup.progress import Progress
from portal.backup.refusal import BackupRefused

#: How long pg_dump waits for a table that a migration holds.
_LOCK_WAIT_MILLISECONDS = 60_000


def back_up_to(target: Path) -> Manifest:
    """Write a backup that appears under its name only when it is complete and on the disk; mode 600.

    Raises BackupRefused, OSError, psycopg.Error. Whatever stops it, no part of a file is left.
    """
    if target.exists():
        raise BackupRefused(f"{target} is there already: name another file.")
    handle, unfinished = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".unfinished", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            written = write(file)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(unfinished).unlink()
        raise
    _sync_folder(target.parent)
    return written


def write(out: BinaryIO) -> Manifest:
    """Write a backup into a stream. A stream that ends early lacks its closing line and is refused by whoever reads it."""
    parameters = addresses.own()
    with _snapshot(parameters) as (connection, snapshot, taken_at):
        major = connection.info.server_version // 10_000
        pg_dump = binaries.find("pg_dump", at_least=major)
        counted = figures.take(connection)
        if not counted.migrations:
            raise BackupRefused("This is no database of the portal: no migration has ever run in it.")
        sha256, size = _dump(pg_dump, parameters, snapshot, out)
        written = Manifest(
            taken_at=taken_at,
            server_version=_told(connection),
            pg_dump_version=binaries.version_of(pg_dump),
            key_mark=manifest.key_mark(),
            left_out=list(figures.LEFT_OUT),
            figures=counted,
            dump_bytes=size,
            dump_sha256=sha256,
        )
    archives.close(out, written)
    return written


@contextmanager
def _snapshot(parameters: Parameters) -> Iterator[tuple[psycopg.Connection[Any], str, datetime]]:
    """A transaction that sees one moment, the name under which others see it too, and the moment."""
    with psycopg.connect(**parameters) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        # It waits idle while pg_dump works.
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        ((snapshot, taken_at),) = connection.execute("SELECT pg_catalog.pg_export_snapshot(), now()").fetchall()
        yield connection, snapshot, taken_at


def _dump(pg_dump: Path, parameters: Parameters, snapshot: str, out: BinaryIO) -> tuple[str, int]:
    """SHA-256 and length of what was written."""
    words = ["--format=custom", "--no-password", f"--snapshot={snapshot}"]
    words += [f"--lock-wait-timeout={_LOCK_WAIT_MILLISECONDS}"]
    words += [f"--exclude-table-data={name}" for name in figures.LEFT_OUT]
    digest, size, progress = hashlib.sha256(), 0, Progress("Written")
    with programs.output_of(pg_dump, words, connect_to=parameters) as dump:
        while chunk := dump.read(archives.CHUNK_BYTES):
            out.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            progress.add(len(chunk))
    progress.end()
    return digest.hexdigest(), size


def _told(connection: psycopg.Connection[Any]) -> str:
    return f"{connection.info.server_version // 10_000}.{connection.info.server_version % 10_000}"


def _sync_folder(folder: Path) -> None:
    """The name, too, is to outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
