"""A fresh copy of the project in which `script/server` runs, as a newcomer has it."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.embedded.folders import outside_folder
from tests.conftest import free_port
from tests.house.copies import copy_project
from tests.house.environment import shell_environment
from tests.house.test_process import is_running


class Demo:
    """A copy of the project and the demo that runs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = copy_project(folder / "copy")
        self.port, self.sandbox_port = free_port(), free_port()
        self.output = folder / "output"

    def command(self, *options: str) -> list[str]:
        ports = ["--port", str(self.port), "--sandbox-port", str(self.sandbox_port)]
        return [str(self.folder / "script/server"), *ports, *options]

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Returns once the demo is ready. It gets a terminal's Ctrl-C alone."""
        with self.output.open("wb") as output:
            running = subprocess.Popen(
                self.command(*options),
                stdout=output,
                stderr=subprocess.STDOUT,
                env=shell_environment(),
                start_new_session=True,
            )
        deadline = time.monotonic() + 90
        while "Ctrl-C stops everything" not in self.told():
            assert running.poll() is None, self.told()
            assert time.monotonic() < deadline, self.told()
            time.sleep(0.05)
        return running

    def refused(self, *options: str) -> str:
        """What it says when it does not start."""
        done = subprocess.run(
            self.command(*options), capture_output=True, text=True, check=False, env=shell_environment(), timeout=60
        )
        assert done.returncode == 1
        return done.stderr.strip()

    def told(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def get(self, port: int, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return int(answer.status)

    def exported(self, name: str) -> str:
        found = re.search(rf"^export {name}=(.*)$", (self.folder / "var/environment").read_text(), re.MULTILINE)
        assert found
        return found[1].strip("'")

    def processes(self) -> dict[int, str]:
        """Every process that works in the copy or in a folder of its own for it: pid to command line."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and is_running(int(entry.name)):
                try:
                    where, words = (entry / "cwd").readlink(), (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if where.is_relative_to(self.folder):
                    found[int(entry.name)] = words.replace(b"\0", b" ").decode()
        return found

    def kill(self) -> None:
        """Returns when none is left. One that ends by itself meanwhile, as all do when their supervisor goes, is well."""
        deadline = time.monotonic() + 30
        while left := self.processes():
            assert time.monotonic() < deadline, left
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)


@contextmanager
def fresh_demo() -> Iterator[Demo]:
    """Made for the block; afterwards nothing of it is left, whatever happened."""
    folder = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    folder.chmod(0o755)
    made = Demo(folder)
    try:
        yield made
    finally:
        made.kill()
        shutil.rmtree(folder)
        shutil.rmtree(outside_folder(made.folder / "var/postgres"), ignore_errors=True)
