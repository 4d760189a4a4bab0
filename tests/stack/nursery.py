"""Workers without the second that importing the portal takes: one process has imported it, and each worker is a fork of it.

A worker is a process of its own as ever: in a session of its own, with its own connections, gone when the tests are gone. What it
would read from another environment it cannot: those are started the long way. `python -m tests.stack.nursery` is the process itself.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from sandbox.embedded.process import die_with_parent
from tests.sandbox_process import ROOT


class Born:
    """A worker; used like sandbox.embedded.process.Process."""

    def __init__(self, nursery: "Nursery", pid: int, log: Path) -> None:
        self.pid, self.log = pid, log
        self._nursery = nursery
        self._status: int | None = None

    def ended(self) -> int | None:
        """The exit status once it has ended, else None."""
        if self._status is None:
            self._status = self._nursery.ask({"ended": self.pid})
        return self._status

    def stop(self, *, patience_seconds: float = 20, by: signal.Signals = signal.SIGTERM) -> int:
        """Ask, wait, and after `patience_seconds` end its whole session. Returns the exit status."""
        deadline = time.monotonic() + patience_seconds
        if self.ended() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, by)
        while (status := self.ended()) is None:
            if time.monotonic() > deadline:
                self.kill()
            time.sleep(0.02)
        return status

    def kill(self) -> None:
        """SIGKILL to the whole session: nothing it started is left."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def log_tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


class Nursery:
    """The process that forks them; `environment` is theirs as well."""

    def __init__(self, environment: Mapping[str, str], *, log: Path) -> None:
        self.environment = dict(environment)
        self._one_at_a_time = Lock()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.stack.nursery"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=self.environment,
                cwd=ROOT,
                text=True,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- started from the main thread only
            )

    def bear(self, command: Sequence[str], *, log: Path) -> Born:
        """A worker of these words, the interpreter and `-m celery` first."""
        log.touch()
        return Born(self, self.ask({"words": list(command[2:]), "log": str(log)}), log)

    def ask(self, question: dict[str, Any]) -> Any:
        with self._one_at_a_time:
            assert self._process.stdin
            assert self._process.stdout
            print(json.dumps(question), file=self._process.stdin, flush=True)
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def main() -> None:
    from portal.celery import app

    app.loader.import_default_modules()
    ended: dict[int, int] = {}
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed is no answer
    for line in sys.stdin:
        question = json.loads(line)
        if "ended" in question:
            _reap(ended)
            answer = ended.get(question["ended"])
        else:
            answer = _bear(question["words"], question["log"])
        print(json.dumps(answer), file=answers, flush=True)


def _reap(ended: dict[int, int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended[found[0]] = os.waitstatus_to_exitcode(found[1])


def _bear(words: list[str], log: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    if ask_the_kernel := die_with_parent(signal.SIGTERM):
        ask_the_kernel()
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    from celery.__main__ import main as celery

    sys.argv = words
    celery()
    os._exit(0)


if __name__ == "__main__":
    main()
