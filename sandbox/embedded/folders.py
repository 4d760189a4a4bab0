"""Where embedded services keep files: short folders for sockets, and a place outside the clone when root needs one."""

import hashlib
import importlib.util
import shutil
import tempfile
from pathlib import Path

from sandbox.embedded.process import EmbeddedProblem, Identity

_PREFIX = "refill-"
_SOCKET_ROOM = 60  # of the 107 bytes a unix socket's path may have
_OUTSIDE = Path("/var/lib/refill-portal")


def short_folder(identity: Identity) -> Path:
    """A new private folder whose path is short enough for sockets and reachable for `identity`."""
    for candidate in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108 -- mkdtemp makes it private
        if len(str(candidate)) <= _SOCKET_ROOM and candidate.is_dir() and identity.can_use(candidate):
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=candidate))
            identity.own(folder)
            return folder
    raise EmbeddedProblem("No folder for sockets: set TMPDIR to a short path that everybody can enter.")


def remember_short_folder(folder: Path, note: Path) -> None:
    """Write `folder` into the file `note`, and remove the one an owner that was killed had written there."""
    if note.exists():
        former = Path(note.read_text(encoding="utf-8"))
        if former.name.startswith(_PREFIX) and former != folder:
            shutil.rmtree(former, ignore_errors=True)
    note.write_text(str(folder), encoding="utf-8")


def outside_folder(wanted: Path) -> Path:
    """The folder that stands in for `wanted` when the server's user cannot enter it; always the same one for one clone."""
    digest = hashlib.sha256(str(wanted.resolve()).encode()).hexdigest()[:12]
    return _OUTSIDE / f"{wanted.name}-{digest}"


def package_folder(package: str) -> Path:
    """Where an installed package lies, without importing it. Raises EmbeddedProblem."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.origin:
        raise EmbeddedProblem(f"The Python package {package} is missing: run script/bootstrap.")
    return Path(spec.origin).parent
