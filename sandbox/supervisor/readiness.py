"""How each process shows that it really answers, and not only that it runs."""

import http.client
import time
from collections.abc import Callable
from pathlib import Path

import redis

from sandbox.embedded.process import EmbeddedProblem, Process

Probe = Callable[[], bool]


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


def listens_for_commands(redis_url: str) -> Probe:
    """True once one more worker than now listens for Celery's control messages, which it does after it takes tasks. Raises EmbeddedProblem."""
    client = redis.Redis.from_url(redis_url, socket_timeout=5)
    try:
        before = client.pubsub_numpat()
    except redis.RedisError as error:
        raise EmbeddedProblem(f"REDIS_URL does not answer ({error}): start that server, or unset it.") from error

    def probe() -> bool:
        try:
            return bool(client.pubsub_numpat() > before)
        except redis.RedisError:
            return False

    return probe


def wrote(path: Path) -> Probe:
    """True once the file is there, whatever ending its format adds; the caller removed it before."""
    return lambda: any(path.parent.glob(f"{path.name}*"))


def wait_until_ready(name: str, process: Process, probe: Probe, *, patience_seconds: float = 60) -> None:
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
