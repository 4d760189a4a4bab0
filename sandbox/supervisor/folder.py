"""The folder that holds the demo's data: one supervisor at a time, and what has been done to the data so far."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.embedded.folders import outside_folder
from sandbox.embedded.process import EmbeddedProblem
from sandbox.supervisor.environment import ROOT, Options

_KEPT_WHEN_FRESH = {"log", "lock"}
_PREPARED_FROM = (
    "*/migrations/*.py",
    "*/data/**/*",
    "*/management/commands/load_*.py",
    "portal/demo/**/*.py",
    "requirements/*.txt",
)


@contextmanager
def locked(options: Options) -> Iterator[None]:
    """Hold the folder for ourselves. Raises EmbeddedProblem naming who holds it."""
    path = options.folder / "lock"
    try:
        (options.folder / "log").mkdir(parents=True, exist_ok=True)
        lock = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise EmbeddedProblem(
            f"{options.folder} cannot be used ({error.strerror}): run as its owner or remove it."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "starting or stopping"
            raise EmbeddedProblem(f"It runs already ({holder}): stop that one with Ctrl-C first.") from None
        lock.truncate(0)
        lock.write(f"{options.portal_url}, process {os.getpid()}")
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def start_over(folder: Path) -> None:
    """Remove all data but the logs, also what root had to keep outside. Raises EmbeddedProblem."""
    outside = outside_folder(folder / "postgres")
    for path in [*folder.iterdir(), *([outside] if outside.exists() else [])]:
        if path.name in _KEPT_WHEN_FRESH:
            continue
        try:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        except OSError as error:
            raise EmbeddedProblem(f"{path} cannot be removed ({error.strerror}): remove it as its owner.") from error


def fingerprint() -> str:
    """Changes whenever migrations, catalogue, demo cast or pinned packages do; the same as last time means nothing to prepare."""
    digest = hashlib.sha256()
    for pattern in _PREPARED_FROM:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()
