"""One child process: in a session of its own, gone when we are gone, stopped by the signal it understands."""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1


class EmbeddedProblem(Exception):
    """Something the person at the terminal can put right; the text is the one line to show."""


@dataclass(frozen=True)
class Identity:
    """Whom a child runs as. Postgres refuses root, so root lends it another user and changes nobody's rights."""

    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        return {} if self.uid == os.geteuid() else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Hand a file or folder over, for its eyes only."""
        path.chmod(0o700 if path.is_dir() else 0o600)
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid)

    def can_use(self, *paths: Path) -> bool:
        """Whether this identity reaches every path; tried for real, since only the kernel knows all reasons."""
        tests = " && ".join('test -x "$1" && shift' for _ in paths)
        command = ["/bin/sh", "-c", tests, "sh", *map(str, paths)]
        return subprocess.run(command, check=False, cwd="/", **self.popen_arguments()).returncode == 0


def ourselves() -> Identity:
    return Identity(os.geteuid(), os.getegid())


def unprivileged(folder: Path) -> Identity:
    """Ourselves; as root the owner of an existing `folder`, else `nobody`. Raises EmbeddedProblem."""
    if os.geteuid() != 0:
        return ourselves()
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        return Identity(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedProblem(
            "Postgres refuses to run as root and there is no user `nobody`: run as another user."
        ) from None
    return Identity(nobody.pw_uid, nobody.pw_gid)


class Process:
    """A child that a terminal's Ctrl-C does not reach: only we stop it."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        identity: Identity | None = None,
    ) -> None:
        self.log = log
        self._stop_signal = stop_signal
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                list(map(str, command)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=dict(environment) if environment is not None else None,
                cwd=cwd,
                preexec_fn=die_with_parent(stop_signal),  # noqa: PLW1509 -- started from the main thread only
                **(identity.popen_arguments() if identity else {}),
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    def ended(self) -> int | None:
        """The exit status once it has ended, else None."""
        return self._popen.poll()

    def stop(self, *, patience_seconds: float = 20, by: signal.Signals | None = None) -> int:
        """Ask, wait, and after `patience_seconds` end its whole session. Returns the exit status."""
        if self._popen.poll() is None:
            self._popen.send_signal(by or self._stop_signal)
            try:
                self._popen.wait(patience_seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._popen.wait()

    def kill(self) -> None:
        """SIGKILL to the whole session: nothing it started is left."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)

    def log_tail(self, lines: int = 15) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


def die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """Linux tells a child when its parent is gone, so that even SIGKILL leaves no orphans."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask_the_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, int(stop_signal))

    return ask_the_kernel
