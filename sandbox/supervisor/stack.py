"""The demo's processes: started in the order they need each other, stopped in the opposite one."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from sandbox.embedded.postgres import EmbeddedPostgres
from sandbox.embedded.process import EmbeddedProblem, Process
from sandbox.embedded.valkey import EmbeddedValkey
from sandbox.supervisor import commands, readiness
from sandbox.supervisor.environment import ROOT, Options, demo_environment, write_for_the_shell
from sandbox.supervisor.folder import fingerprint

Say = Callable[[str], None]


class Stack:
    """Everything that runs. Whatever was started is stopped when `closing` closes, last one first.

    Raises EmbeddedProblem when something does not start.
    """

    def __init__(self, options: Options, *, say: Say, closing: ExitStack) -> None:
        self._options = options
        self._say = say
        self._closing = closing
        self._watched: list[tuple[str, Process]] = []
        self._environment: dict[str, str] = {}
        self._prepared_note: Path | None = None

    def start(self) -> None:
        database_url, redis_url = self._stores()
        self._environment = demo_environment(self._options, database_url=database_url, redis_url=redis_url)
        state = Path(self._environment["SANDBOX_STATE_DIR"])
        state.mkdir(exist_ok=True)
        (self._folder / "static").mkdir(
            exist_ok=True
        )  # empty: only an image collects into it, and the server misses it aloud
        self._leave_for_the_shell()
        sandbox = self._launch("sandbox", commands.sandbox(self._options.sandbox_port))
        self._prepare_data(sandbox)
        schedule = self._folder / "beat-schedule"
        for old in self._folder.glob(f"{schedule.name}*"):
            old.unlink()
        workers = [("worker", commands.worker()), ("codes", commands.codes())]
        started = [(name, self._launch(name, command, patience_seconds=30)) for name, command in workers]
        taking = [(name, process, readiness.takes_tasks(process)) for name, process in started]
        beat = self._launch("beat", commands.beat(schedule))
        web = self._launch("web server", commands.web(self._options.port))
        self._say("Waiting for sandbox, web server, worker and beat to answer")
        readiness.wait_until_ready("sandbox", sandbox, readiness.answers_http(self._options.sandbox_port))
        readiness.wait_until_ready("web server", web, readiness.answers_http(self._options.port))
        readiness.wait_until_ready("beat", beat, readiness.wrote(schedule))
        for name, process, takes_tasks in taking:
            readiness.wait_until_ready(name, process, takes_tasks)

    def watch(self) -> NoReturn:
        """Return never; raise EmbeddedProblem as soon as anything has ended by itself."""
        while True:
            for name, process in self._watched:
                if (status := process.ended()) is not None:
                    raise EmbeddedProblem(
                        f"{name.capitalize()} ended (status {status}), so everything stops. The end of {process.log}:\n{process.log_tail()}"
                    )
            time.sleep(0.2)

    def sign_ins(self) -> str:
        """What the demo cast signs in with, as it was printed when the cast was loaded."""
        path = self._folder / "sign-ins.txt"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def _folder(self) -> Path:
        return self._options.folder

    def _stores(self) -> tuple[str, str]:
        """Addresses of Postgres and Valkey: the environment's, else of embedded ones that answer now."""
        database_url, redis_url = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
        postgres = valkey = None
        if not database_url:
            postgres = EmbeddedPostgres(self._folder / "postgres", log=self._log("Postgres"))
            self._closing.callback(self._stop_store, "Postgres", postgres)
            for notice in postgres.notices:
                self._say(notice)
            self._say("Starting Postgres" if (postgres.folder / "data").exists() else "Making a Postgres database")
            postgres.launch()
            self._prepared_note = postgres.folder / "prepared"
        if not redis_url:
            valkey = EmbeddedValkey(self._folder / "valkey", log=self._log("Valkey"))
            self._closing.callback(self._stop_store, "Valkey", valkey)
            valkey.launch()
        for name, store in (("Postgres", postgres), ("Valkey", valkey)):
            if store:
                store.wait()
                if store.process:
                    self._watched.append((name, store.process))
        return (postgres.url if postgres else database_url), (valkey.url if valkey else redis_url)

    def _stop_store(self, name: str, store: EmbeddedPostgres | EmbeddedValkey) -> None:
        self._say(f"Stopping {name}")
        store.stop()

    def _launch(self, name: str, command: Sequence[str], *, patience_seconds: float = 15) -> Process:
        process = Process(command, log=self._log(name), environment=self._environment, cwd=ROOT)
        self._closing.callback(self._stop, name, process, patience_seconds)
        self._watched.append((name, process))
        return process

    def _stop(self, name: str, process: Process, patience_seconds: float) -> None:
        self._say(f"Stopping {name}")
        process.stop(patience_seconds=patience_seconds)
        process.kill()

    def _log(self, name: str) -> Path:
        """A fresh log for each start; the one before is kept beside it."""
        path = self._folder / "log" / f"{name.lower().replace(' ', '-')}.log"
        if path.exists():
            path.replace(path.with_suffix(".previous.log"))
        return path

    def _leave_for_the_shell(self) -> None:
        path = self._folder / "environment"
        write_for_the_shell(self._environment, path)
        self._closing.callback(path.unlink, missing_ok=True)

    def _prepare_data(self, sandbox: Process) -> None:
        """Migrate, and load catalogue and cast into an empty database; skipped when an embedded one has all of it already. What the cast
        has used by now is asked of the sandbox.
        """
        note, wanted = self._prepared_note, fingerprint()
        if note and note.exists() and note.read_text(encoding="ascii") == wanted:
            return
        self._say("Bringing the database up to date")
        self._manage("migrate", "--noinput")
        self._say("Loading the catalogue")
        self._manage("load_catalogue")
        self._say("Loading the demo cast, unless the database has subscribers")
        readiness.wait_until_ready("sandbox", sandbox, readiness.answers_http(self._options.sandbox_port))
        self._manage("load_demo", "--sign-ins", str(self._folder / "sign-ins.txt"))
        if note:
            note.write_text(wanted, encoding="ascii")

    def _manage(self, *words: str) -> None:
        process = Process(commands.manage(*words), log=self._log(words[0]), environment=self._environment, cwd=ROOT)
        try:
            while (status := process.ended()) is None:
                time.sleep(0.02)
        finally:
            process.kill()
        if status != 0:
            raise EmbeddedProblem(f"manage.py {words[0]} failed. The end of {process.log}:\n{process.log_tail()}")
