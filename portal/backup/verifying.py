"""Whether a backup can be relied on: its hash, its contents, and best of all a restore whose rows and sums are compared."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from portal.backup import addresses, archives, emptying, figures, loading
from portal.backup.addresses import Parameters
from portal.backup.archives import Archive
from portal.backup.refusal import BackupRefused

_MAY_CREATE = "SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"


class NoScratchDatabase(BackupRefused):
    """The role of DATABASE_URL may not create one."""


def check_file(path: Path) -> Archive:
    """Hash and table of contents. Raises BackupRefused."""
    archive = archives.read(path)
    archives.check_hash(archive)
    loading.list_contents(archive)
    return archive


def check_by_restoring(archive: Archive, *, into: str = "") -> None:
    """Restore into the empty database `into`, which is empty again afterwards, or into one that is made and dropped.

    Raises BackupRefused, NoScratchDatabase, psycopg.Error.
    """
    if into:
        _compare(archive, addresses.parsed(into))
    else:
        with _scratch_database() as parameters:
            _compare(archive, parameters)


def _compare(archive: Archive, parameters: Parameters) -> None:
    with psycopg.connect(**parameters) as connection:
        if not emptying.is_empty(connection):
            raise BackupRefused(f"The database {connection.info.dbname} is not empty: name another for --into.")
        loading.load(archive, connection)
        refuse_differences(archive, connection)
        connection.rollback()


def refuse_differences(archive: Archive, connection: psycopg.Connection[Any]) -> None:
    """Compare what is in the database with what was when the backup was taken. Raises BackupRefused."""
    told = figures.differences(archive.manifest.figures, figures.take(connection))
    if told:
        raise BackupRefused("What was restored is not what was backed up: " + "; ".join(told) + ".")


@contextmanager
def _scratch_database() -> Iterator[dict[str, Any]]:
    parameters = addresses.own()
    name = f"{parameters['dbname'][:40]}_verify_{secrets.token_hex(6)}"
    with psycopg.connect(**parameters, autocommit=True) as connection:
        ((may_create,),) = connection.execute(_MAY_CREATE).fetchall()
        if not may_create:
            raise NoScratchDatabase("The role of DATABASE_URL may not create a database")
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield {**parameters, "dbname": name}
        finally:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
