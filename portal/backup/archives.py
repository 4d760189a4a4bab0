"""The file: a dump in pg_dump's custom format, behind it its manifest as one line of JSON, and a line that closes it.

The manifest comes last because a stream knows its hash only then; the closing line makes a file that was cut short plain at
once. pg_restore reads such a file as it is.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from portal.backup import manifest as manifests
from portal.backup.manifest import Manifest
from portal.backup.progress import Progress
from portal.backup.refusal import BackupRefused

CHUNK_BYTES = 1 << 20
_DUMP_BEGINS = b"PGDMP"
_CLOSING = "portal-backup 1 {length:010d} {sha256}\n"
_CLOSING_BYTES = len(_CLOSING.format(length=0, sha256="0" * 64))
_CLOSING_READ = re.compile(rb"portal-backup 1 (\d{10}) ([0-9a-f]{64})\n")


@dataclass(frozen=True)
class Archive:
    """A backup whose end is in order; `check_hash` says whether the rest is."""

    path: Path
    manifest: Manifest

    @contextmanager
    def dump(self) -> Iterator[FileIO]:
        """The file, at the beginning of the dump, which ends before the file does. Unbuffered: a child shares the position."""
        with self.path.open("rb", buffering=0) as file:
            yield file


def close(out: BinaryIO, manifest: Manifest) -> None:
    """Write what stands behind the dump."""
    line = manifests.to_json(manifest)
    closing = _CLOSING.format(length=len(line), sha256=hashlib.sha256(line).hexdigest())
    out.write(b"\n" + line + b"\n" + closing.encode("ascii"))


def read(path: Path) -> Archive:
    """The backup in `path`, known by its two ends; nothing between is read. Raises BackupRefused."""
    try:
        with path.open("rb") as file:
            begins = file.read(len(_DUMP_BEGINS))
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _CLOSING_BYTES, 0))
            closing = _CLOSING_READ.fullmatch(file.read())
            if begins != _DUMP_BEGINS:
                raise BackupRefused(f"{path} is no backup.")
            if not closing:
                raise BackupRefused(f"{path} was cut short, or `manage.py backup` did not write it.")
            length = int(closing[1])
            file.seek(max(size - _CLOSING_BYTES - 1 - length, 0))
            line = file.read(length)
    except OSError as error:
        raise BackupRefused(f"{path} cannot be read: {error.strerror}.") from error
    return Archive(path, _manifest(line, sha256=closing[2].decode(), dump_bytes=size - _CLOSING_BYTES - 2 - length))


def _manifest(line: bytes, *, sha256: str, dump_bytes: int) -> Manifest:
    if hashlib.sha256(line).hexdigest() != sha256:
        raise BackupRefused("The backup's manifest does not match its hash: the file was changed.")
    manifest = manifests.from_json(line)
    if manifest.dump_bytes != dump_bytes:
        raise BackupRefused(
            f"The dump in the file is {dump_bytes:,} bytes long, not {manifest.dump_bytes:,}: the file was changed."
        )
    return manifest


def check_hash(archive: Archive) -> None:
    """Read the dump through. Raises BackupRefused when it is not what was written."""
    digest, left = hashlib.sha256(), archive.manifest.dump_bytes
    progress = Progress("Checked", total_bytes=left)
    with archive.dump() as file:
        while chunk := file.read(min(CHUNK_BYTES, left)):
            digest.update(chunk)
            left -= len(chunk)
            progress.add(len(chunk))
    progress.end()
    if digest.hexdigest() != archive.manifest.dump_sha256:
        raise BackupRefused(f"{archive.path} does not match its hash: it was damaged or changed. Use another backup.")
