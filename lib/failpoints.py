"""Named places where a test may kill the process or raise. Outside `PORTAL_ENV=test` they do nothing at all."""

import os
import signal
from pathlib import Path

from django.conf import settings


class Crashed(RuntimeError):
    """A test asked for a crash here."""


def failpoint(name: str) -> None:
    """In test settings, obey the file named by FAILPOINTS: lines `name kill` or `name raise`; a line is used up once."""
    if not settings.TESTING or not (path := os.environ.get("FAILPOINTS")):
        return
    order = _take(Path(path), name)
    if order == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif order == "raise":
        raise Crashed(name)


def _take(path: Path, name: str) -> str | None:
    if not path.exists():
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        where, _space, order = line.partition(" ")
        if where == name:
            path.write_text("\n".join(lines[:number] + lines[number + 1 :]), encoding="utf-8")
            return order
    return None
