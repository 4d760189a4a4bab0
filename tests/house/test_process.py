"""A child of ours: out of the terminal's reach, gone when we are gone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.embedded.process import Identity, Process, ourselves

NOBODY = Identity(65534, 65534)
ROOT = Path(__file__).resolve().parents[2]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before the open, or before the read
        return False


def wait_until_gone(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


def test_it_runs_in_a_session_of_its_own_so_that_ctrl_c_reaches_only_us(tmp_path: Path) -> None:
    child = Process(["sleep", "60"], log=tmp_path / "log")
    assert os.getsid(child.pid) == child.pid
    assert child.ended() is None
    assert child.stop() == -signal.SIGTERM


def test_a_child_that_does_not_listen_is_killed_with_all_it_started(tmp_path: Path) -> None:
    deaf = "trap '' TERM; sleep 60 & echo $!; while :; do wait; done"
    child = Process(["sh", "-c", deaf], log=tmp_path / "log")
    while not (started := child.log_tail().strip()):
        time.sleep(0.01)
    assert child.stop(patience_seconds=0.2) == -signal.SIGKILL
    assert wait_until_gone(int(started))


def test_what_it_says_is_in_its_log(tmp_path: Path) -> None:
    child = Process(["sh", "-c", "echo one; echo two >&2; echo three; exit 3"], log=tmp_path / "log")
    while child.ended() is None:
        time.sleep(0.01)
    assert child.ended() == 3
    assert child.log_tail(lines=2) == "two\nthree"


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from sandbox.embedded.process import Process
print(Process(["sleep", "60"], log=Path({str(tmp_path / "log")!r})).pid, flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        grandchild = int(parent.stdout.readline())
        assert is_running(grandchild)
        parent.kill()
    assert wait_until_gone(grandchild)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend another identity")
def test_what_another_identity_can_reach_is_tried_for_real(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    assert ourselves().can_use(closed)
    assert not NOBODY.can_use(closed)
    assert not NOBODY.can_use(Path("/usr"), closed)
    assert NOBODY.can_use(Path("/usr"), Path("/etc"))
