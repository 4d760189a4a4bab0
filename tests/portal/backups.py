"""Databases beside the test's own, files and programs for the tests of backup and restore."""

import hashlib
import io
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from psycopg import sql

from accounts.models import Subscriber
from billing.models import Payment
from deploy.catalogue import ROOT
from notifications import outbox
from portal.backup import archives, binaries
from portal.backup.manifest import Manifest
from tests.billing.ordering import load_reference_data, order_plan, order_top_up, pay, payment_for
from tests.cast import anna
from tests.house.environment import shell_environment
from tests.notifications.post_office import outgoing


def server() -> psycopg.Connection[Any]:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


@contextmanager
def empty_database() -> Iterator[str]:
    """The name of a database of its own on the tests' server."""
    name = f"backup_test_{secrets.token_hex(6)}"
    with server() as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield name
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Django works on another database."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def url_of(name: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def password() -> str:
    return str(urlsplit(os.environ["DATABASE_URL"]).password)


def databases() -> set[str]:
    """The test's own database, and what was made of it: other tests run beside this one."""
    own = connection.settings_dict["NAME"]
    with server() as admin:
        found = admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [own])
        return {row[0] for row in found}


def fill() -> Subscriber:
    """Anna: one plan and one top-up paid, one payment page open, an SMS and an e-mail due, one session."""
    load_reference_data()
    person = anna()
    pay(order_plan(person))
    pay(order_top_up(person, 2000))
    payment_for(order_top_up(person, 500))
    with transaction.atomic():
        outbox.send_many([outgoing("sms", key="test:sms"), outgoing("email", key="test:email")])
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_session VALUES ('key-of-anna', 'data', now() + interval '1 day')")
    Payment.objects.filter(state="open").update(asked_at="2026-11-23T12:00:00Z")
    return person


def run(command: str, *words: object) -> tuple[str, str]:
    """(what it told, the sentence it ended with when it refused)."""
    out, refusal = io.StringIO(), ""
    try:
        call_command(command, *map(str, words), stdout=out, stderr=out)
    except CommandError as error:
        refusal = str(error)
    return out.getvalue(), refusal


def started(*words: object, **environment: str) -> subprocess.Popen[bytes]:
    """`manage.py` in a process of its own, on this test's database unless told otherwise."""
    return subprocess.Popen(
        [sys.executable, "manage.py", *map(str, words)],
        cwd=ROOT,
        env={
            **shell_environment(),
            "PORTAL_ENV": "test",
            "DATABASE_URL": url_of(str(connection.settings_dict["NAME"])),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def program(folder: Path, name: str, script: str, *, version: str = "") -> Path:
    """A stand-in for one of Postgres' programs; `$REAL` is the right one. Without `version` it says the real one's."""
    real = binaries.find(name, at_least=18)
    told = f"echo '{name} (PostgreSQL) {version}'" if version else f'"{real}" --version'
    path = folder / name
    path.write_text(f'#!/bin/sh\nREAL="{real}"\nif [ "$1" = --version ]; then {told}; exit; fi\n{script}\n')
    path.chmod(0o755)
    return path


def rewritten(path: Path, target: Path, **changes: Any) -> Path:
    """The backup in `path` with another manifest, sealed again as if it were right."""
    archive = archives.read(path)
    dump = path.read_bytes()[: archive.manifest.dump_bytes]
    manifest: Manifest = replace(archive.manifest, **changes)
    with target.open("wb") as file:
        file.write(dump)
        archives.close(file, manifest)
    return target


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} never came"
        time.sleep(0.02)


def memory_kilobytes(name: str) -> int:
    """A figure of this process, as proc(5) names it."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name)]
    return int(line.split()[1])
