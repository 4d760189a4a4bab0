"""The ground every test stands on: one throw-away Postgres for the session, one Valkey for each process that runs tests.

The environment is set here, before anything reads Django's settings; the shell's own addresses are ignored.
"""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker

from sandbox.embedded.postgres import EmbeddedPostgres
from sandbox.embedded.process import unprivileged
from sandbox.embedded.valkey import EmbeddedValkey
from tests.house.environment import is_ours

if TYPE_CHECKING:
    from tests.clean_slate import CleanSlate

#: a cluster to use instead of one of our own; the xdist controller hands its own to the workers this way
_DATABASE = "TEST_DATABASE_URL"
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

_postgres = pytest.StashKey[EmbeddedPostgres]()
_valkey = pytest.StashKey[EmbeddedValkey]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.option.help or config.option.version:
        return
    if not hasattr(config, "workerinput"):
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cancelled run tidies up like an interrupted one
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # started in the background: what our tests interrupt must not inherit that
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in [name for name in os.environ if is_ours(name)]:
        del os.environ[name]
    scratch = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(scratch, ignore_errors=True))
    if not os.environ.get(_DATABASE):
        _prepare_postgres(config)
    if not _is_controller(config):
        _prepare_django(config, scratch)


def _is_controller(config: pytest.Config) -> bool:
    """Whether this process only hands tests out to xdist's workers."""
    return not hasattr(config, "workerinput") and bool(getattr(config.option, "numprocesses", None))


def _prepare_postgres(config: pytest.Config) -> None:
    """Make the cluster; with xdist start it here, once for all workers, else when the first test asks for a database."""
    postgres = throw_away_postgres()
    config.stash[_postgres] = postgres
    config.add_cleanup(postgres.erase)
    if _is_controller(config) and not config.option.collectonly:
        postgres.start()
    os.environ[_DATABASE] = postgres.url
    config.add_cleanup(lambda: os.environ.__delitem__(_DATABASE))


def _prepare_django(config: pytest.Config, scratch: Path) -> None:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "single")
    valkey = EmbeddedValkey(scratch / "valkey", durable=False)
    config.stash[_valkey] = valkey
    config.add_cleanup(valkey.stop)
    if not config.option.collectonly:
        valkey.start()
    os.environ |= {
        "PORTAL_ENV": "test",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright keeps an event loop in the thread of the tests
        "DATABASE_URL": os.environ[_DATABASE],
        "REDIS_URL": valkey.url,
        "CACHE_PREFIX": f"test-{worker}",
        "NO_PROXY": "localhost,127.0.0.1",
        "CLOCK_FILE": str(scratch / "clock"),
        "STATIC_ROOT": str(scratch),
        "SANDBOX_URL": f"http://127.0.0.1:{free_port()}",
    }
    import django

    django.setup()


def throw_away_postgres() -> EmbeddedPostgres:
    """A cluster that is not started yet, in a folder of its own; the caller erases it."""
    base = Path(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="portal-tests-postgres-", dir=base))
    if not unprivileged(folder).can_use(base):
        folder = Path(tempfile.mkdtemp(prefix="portal-tests-postgres-", dir="/var/tmp"))
    return EmbeddedPostgres(folder, durable=False)


def free_port() -> int:
    """A loopback port nobody uses at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def chromium() -> str | None:
    """The browser's path, or None. `$CHROMIUM` comes first."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)


#: Folders whose tests wait for processes.
_SLOW = ("stack", "house")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first: what is left at the end is short, and every process is done at about the same time."""
    items.sort(key=lambda item: item.path.parent.name not in _SLOW and not item.get_closest_marker("slow"))
    if chromium():
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="no Chromium"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out = [report for report in terminalreporter.stats.get("skipped", []) if "no Chromium" in str(report.longrepr)]
    if left_out:
        names = ", ".join(_CHROMIUM_NAMES)
        terminalreporter.write_line(
            f"{len(left_out)} browser tests not run: no {names} found. Install one or set CHROMIUM."
        )


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> str:
    """The address of the session's cluster, running."""
    cluster = request.config.stash.get(_postgres, None)
    if cluster and cluster.process is None:
        cluster.start()
    return os.environ[_DATABASE]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: str, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """pytest-django makes each worker's own database; the cluster must answer first."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> "CleanSlate":
    """What a test commits is deleted after it by a clean slate of ours."""
    from django.test import TransactionTestCase

    from tests.clean_slate import CleanSlate

    with django_db_blocker.unblock():
        slate = CleanSlate()
    TransactionTestCase._fixture_teardown = lambda _case: slate.restore()  # type: ignore[attr-defined]
    return slate


@pytest.fixture(scope="session")
def valkey(request: pytest.FixtureRequest) -> EmbeddedValkey:
    """This process's own Valkey: Django's cache and Celery's broker."""
    return request.config.stash[_valkey]


@pytest.fixture(autouse=True)
def _empty_valkey(valkey: EmbeddedValkey) -> None:
    """No rate limit, session or queued task of another test is left."""
    valkey.flush()


@pytest.fixture
def own_postgres() -> Iterator[EmbeddedPostgres]:
    """A running cluster of the test's own, for tests that kill or restart Postgres."""
    cluster = throw_away_postgres()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.erase()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A running Valkey of the test's own, for tests that kill or restart it."""
    server = EmbeddedValkey(tmp_path / "valkey")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Chromium's path, for tests marked `browser`."""
    path = chromium()
    if not path:
        pytest.skip("no Chromium")
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One Chromium for each process that runs tests: Playwright can be started only once in a thread."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield running
        running.close()
