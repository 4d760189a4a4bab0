"""The words each process of the demo is started with; docker-compose.yml starts the same ones on other addresses."""

import sys
from pathlib import Path

CODES = "notify-now"
QUEUES = f"money,network,{CODES},notify,usage"


def gunicorn(application: str, port: int, *options: str) -> list[str]:
    bind = f"127.0.0.1:{port}"
    return [sys.executable, "-m", "gunicorn", application, "--bind", bind, "--worker-class", "gthread", "--no-control-socket",
            "--graceful-timeout", "5", *options]  # fmt: skip


def sandbox(port: int) -> list[str]:
    """One process: its books are one SQLite file. It keeps connections as long as Stripe does, so that none closes under a caller's hands."""
    return gunicorn("sandbox.app:create_app()", port, "--workers", "1", "--threads", "16", "--keep-alive", "75")


def web(port: int) -> list[str]:
    return gunicorn("portal.wsgi", port, "--workers", "2", "--threads", "4", "--preload")


def worker(queues: str = QUEUES, *, concurrency: int = 2, name: str = "worker") -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "portal.celery", "worker", "--loglevel", "INFO", "--queues", queues,
            "--hostname", f"{name}@%h", "--concurrency", str(concurrency), "--without-mingle", "--without-gossip"]  # fmt: skip


def codes() -> list[str]:
    """Somebody waits for each of them: nothing else goes by this one."""
    return worker(CODES, concurrency=1, name="codes")


def beat(schedule: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "portal.celery",
        "beat",
        "--loglevel",
        "INFO",
        "--schedule",
        str(schedule),
    ]


def manage(*words: str) -> list[str]:
    return [sys.executable, "manage.py", *words]
