"""From a backup to a portal that may start: one transaction holds the rows, their comparison, and what the time between asks for."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from billing import catching_up
from billing.catching_up import CatchingUp
from lib.alarm import alarm
from notifications import after_restore
from notifications.after_restore import HeldBack
from portal.backup import archives, emptying, loading, manifest, verifying
from portal.backup.archives import Archive
from portal.backup.refusal import BackupRefused


class DatabaseNotEmpty(BackupRefused):
    """There is something in it, and nobody said that it may go."""


class StillConnected(BackupRefused):
    """Somebody else is connected: a worker or a web process may still run."""


@dataclass(frozen=True)
class Restored:
    """`caught_up` is None while migrations are due: it needs tables that are not there yet."""

    held_back: HeldBack
    caught_up: CatchingUp | None
    migrations_due: int


def checked(path: Path) -> Archive:
    """The backup, read through, and known to be none of a newer portal. Raises BackupRefused."""
    archive = archives.read(path)
    _refuse_newer(archive)
    archives.check_hash(archive)
    return archive


def refuse_unfit(*, may_replace: bool, may_be_shared: bool) -> None:
    """Whether a restore may begin. Raises DatabaseNotEmpty, StillConnected."""
    if not may_replace:
        _refuse_full(_raw())
    others = emptying.others(_raw())
    if others and not may_be_shared:
        raise StillConnected(
            f"{len(others)} other connections to the database ({', '.join(sorted(set(others)))}): stop web, worker and beat "
            "first, or say --while-connected if none of them is the portal."
        )


def restore(archive: Archive, *, replace: bool, now: datetime) -> Restored:
    """Put the archive in the place of what is there. All or nothing. `now` is real time; docs/backup.md says what is made ready.

    Raises DatabaseNotEmpty, BackupRefused, psycopg.Error, django.db.Error.
    """
    with transaction.atomic(durable=True):
        raw = _raw()
        if replace:
            emptying.empty(raw)
        _refuse_full(raw)
        loading.load(archive, raw)
        verifying.refuse_differences(archive, raw)
        held_back = after_restore.hold_back(now=now)
        due = _migrations_due()
        caught_up = None if due else catch_up(archive)
    connection.close()  # the script has left its own settings in the session
    return Restored(held_back=held_back, caught_up=caught_up, migrations_due=due)


def catch_up(archive: Archive) -> CatchingUp:
    """What may be stale is asked again, and our people are told. May run any number of times. Joins the caller's transaction."""
    taken_at = archive.manifest.taken_at
    caught_up = catching_up.after_restore(taken_at=taken_at)
    alarm(
        "portal.restored",
        subject=f"backup:{taken_at:%Y-%m-%dT%H:%M:%SZ}",
        detail="What happened after this moment is looked up at the gateway; docs/backup.md says what people must look at.",
    )
    return caught_up


def is_our_key(archive: Archive) -> bool:
    """Whether codes, vouchers and bank data in it can be opened here."""
    return manifest.is_our_key(archive.manifest.key_mark)


def gather_statistics() -> None:
    """Without them Postgres plans badly until autovacuum comes by."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _refuse_full(raw: psycopg.Connection[Any]) -> None:
    if not emptying.is_empty(raw):
        raise DatabaseNotEmpty("The database is not empty: name an empty one, or say --replace to lose what is in it.")


def _refuse_newer(archive: Archive) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or ()}
    if unknown := sorted(set(archive.manifest.figures.migrations) - known):
        raise BackupRefused(
            f"The backup is of another version of the portal, with migrations this one does not know ({unknown[0]}): restore it "
            "with that version."
        )


def _migrations_due() -> int:
    """As `migrate --check` counts them."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _raw() -> psycopg.Connection[Any]:
    """Django's own connection, without Django: the restore and the models work in one transaction."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    return raw
