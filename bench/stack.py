"""The ground a bench stands on: a Postgres that really writes to the disk, a Valkey, and Django on both; gone afterwards."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.embedded.postgres import EmbeddedPostgres
from sandbox.embedded.valkey import EmbeddedValkey
from tests.conftest import free_port
from tests.house.environment import is_ours


@contextmanager
def own_stack() -> Iterator[None]:
    """Django is ready and migrated inside the block; what the shell says about databases is ignored. Once a process.

    Raises sandbox.embedded.process.EmbeddedProblem.
    """
    postgres = EmbeddedPostgres(_folder("postgres"))
    valkey = EmbeddedValkey(_folder("valkey"), durable=False)
    try:
        postgres.start()
        valkey.start()
        _prepare_django(database_url=postgres.url, redis_url=valkey.url)
        yield
    finally:
        _close()
        postgres.erase()
        valkey.erase()


def _folder(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"portal-bench-{name}-"))


def _prepare_django(*, database_url: str, redis_url: str) -> None:
    for name in [name for name in os.environ if is_ours(name)]:
        del os.environ[name]
    os.environ |= {
        "PORTAL_ENV": "test",  # hashes passwords cheaply; nothing that is timed is configured differently
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SANDBOX_URL": f"http://127.0.0.1:{free_port()}",
        "NO_PROXY": "localhost,127.0.0.1",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _close() -> None:
    """Leave no connection open to a server that is about to go."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import connections

    with suppress(ImproperlyConfigured):  # the servers did not start, so Django never was ready
        connections.close_all()
