"""How each process shows that it really answers, and not only that it runs."""

import http.client
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sandbox.embedded.process import EmbeddedProblem

Probe = Callable[[], bool]


class Started(Protocol):
    """What is asked of a process here."""

    log: Path

    def ended(self) -> int | None: ...
    def log_tail(self) -> str: ...


def answers_http(port: int, path: str = "/healthz") -> Probe:
    """True once GET `path` on loopback is a 200."""

    def probe() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": f"localhost:{port}"})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


def takes_tasks(worker: Started) -> Probe:
    """True once a Celery worker says so in its log, after where that stood when the worker had just been started."""
    begun = worker.log.stat().st_size if worker.log.exists() else 0

    def probe() -> bool:
        with worker.log.open("rb") as log:
            log.seek(begun)
            return b" ready." in log.read()

    return probe


def wrote(path: Path) -> Probe:
    """True once the file is there, whatever ending its format adds; the caller removed it before."""
    return lambda: any(path.parent.glob(f"{path.name}*"))


def wait_until_ready(name: str, process: Started, probe: Probe, *, patience_seconds: float = 60) -> None:
    """Return once `probe` is true. Raises EmbeddedProblem with the end of the log if it ends or never answers."""
    deadline = time.monotonic() + patience_seconds
    while not probe():
        if (status := process.ended()) is not None:
            raise EmbeddedProblem(
                f"The {name} ended at once (status {status}). The end of {process.log}:\n{process.log_tail()}"
            )
        if time.monotonic() > deadline:
            raise EmbeddedProblem(
                f"The {name} does not answer after {patience_seconds:.0f} seconds. The end of {process.log}:\n{process.log_tail()}"
            )
        time.sleep(0.05)
