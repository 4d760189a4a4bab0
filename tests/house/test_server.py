"""script/server as a person meets it: started in a fresh copy, started twice, stopped, started again, one process killed."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.house.demo import Demo, fresh_demo
from tests.house.environment import shell_environment
from tests.house.test_process import wait_until_gone

ORDER = ["web server", "beat", "codes", "worker", "sandbox", "Valkey", "Postgres"]


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with fresh_demo() as made:
        yield made


def test_a_taken_port_is_said_in_one_line_and_nothing_is_started(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", demo.port)):
        said = demo.refused()
    assert re.fullmatch(rf"Port {demo.port} is taken: stop what uses it, or start with --port \d+\.", said)
    assert demo.processes() == {}


def test_a_python_that_is_too_old_or_missing_is_said_in_one_line(demo: Demo, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(demo.folder, bare, symlinks=True, ignore=shutil.ignore_patterns(".venv", "var"))
    done = subprocess.run(
        [bare / "script/server"],
        env={**shell_environment(), "PYTHON": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert done.stderr.splitlines() == [
        "Python 3.11 or newer is needed (python3 here is missing): install it, or name one with PYTHON=/path/to/python."
    ]


@pytest.mark.slow
def test_it_starts_answers_refuses_a_second_start_and_ctrl_c_leaves_nothing(demo: Demo) -> None:
    running = demo.start()
    for needed in (f"http://localhost:{demo.port}", f"http://127.0.0.1:{demo.sandbox_port}/inbox", "Anna"):
        assert needed in demo.told()
    assert demo.get(demo.port, "/healthz") == 200
    assert demo.get(demo.sandbox_port, "/healthz") == 200

    assert demo.refused() == (
        f"It runs already (http://localhost:{demo.port}, process {running.pid}): stop that one with Ctrl-C first."
    )

    with psycopg.connect(demo.exported("DATABASE_URL")) as connection:
        connection.execute("create table kept_by_the_test (number int)")
    started = demo.processes()
    assert len(started) > len(ORDER)
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 0
    assert re.findall(r"Stopping ([\w ]+)", demo.told()) == ORDER
    assert [pid for pid in started if not wait_until_gone(pid)] == []
    assert demo.processes() == {}
    assert not (demo.folder / "var/environment").exists()


@pytest.mark.slow
def test_the_next_start_finds_the_data_and_a_dead_worker_stops_everything(demo: Demo) -> None:
    running = demo.start()
    assert "Loading" not in demo.told()
    with psycopg.connect(demo.exported("DATABASE_URL")) as connection:
        assert connection.execute("select count(*) from kept_by_the_test").fetchone() == (0,)

    worker = min(pid for pid, words in demo.processes().items() if "portal.celery worker" in words)
    os.kill(worker, signal.SIGKILL)
    assert running.wait(60) == 1
    assert f"Worker ended (status {-signal.SIGKILL}), so everything stops. The end of" in demo.told()
    assert demo.processes() == {}


@pytest.mark.slow
def test_a_killed_supervisor_takes_everything_with_it_and_fresh_starts_over(demo: Demo) -> None:
    running = demo.start()
    started = demo.processes()
    running.kill()
    running.wait()
    assert [pid for pid in started if not wait_until_gone(pid, 20)] == []

    running = demo.start("--fresh")
    with psycopg.connect(demo.exported("DATABASE_URL")) as connection:
        assert connection.execute("select to_regclass('kept_by_the_test')").fetchone() == (None,)
    running.terminate()
    assert running.wait(60) == 0
    assert demo.processes() == {}
