"""One run of pg_dump or pg_restore: its output is read while it works, and nothing of it is left when we stop."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import IO, cast

from portal.backup import addresses
from portal.backup.addresses import Parameters
from portal.backup.refusal import BackupRefused


@contextmanager
def output_of(
    program: Path, words: Sequence[str], *, connect_to: Parameters | None = None, reads: FileIO | None = None
) -> Iterator[IO[bytes]]:
    """What `program` writes, to be read to its end. Raises BackupRefused with its last line when it failed."""
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            [program, *words],
            stdin=reads or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=addresses.child_environment(connect_to),
            start_new_session=True,  # Ctrl-C is for us; we end it
        ) as running,
    ):
        try:
            yield cast("IO[bytes]", running.stdout)
        except BaseException:
            _end(running)
            raise
        if running.wait() != 0:
            raise BackupRefused(f"{program.name} failed: {_last_line(complaints) or f'status {running.returncode}'}")


def _end(running: subprocess.Popen[bytes]) -> None:
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)


def _last_line(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read(100_000).decode(errors="replace").split("\n")
    errors = [line for line in lines if "error:" in line]
    return (errors or [line for line in lines if line.strip()] or [""])[0].strip()
