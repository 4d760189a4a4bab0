"""Embedded Postgres and Valkey: they start as root and as anybody, keep what they should, and leave nothing behind."""

import psycopg
import pytest

from sandbox.embedded.postgres import EmbeddedPostgres
from sandbox.embedded.valkey import EmbeddedValkey


def test_it_is_postgres_18_over_a_unix_socket_only(own_postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(own_postgres.url) as connection:
        row = connection.execute(
            "select current_setting('server_version_num')::int / 10000, inet_server_addr()"
        ).fetchone()
    assert row == (18, None)


@pytest.mark.django_db
def test_the_session_has_a_database() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select current_database()")
        assert cursor.fetchone()[0].startswith("test_portal")


def test_valkey(valkey: EmbeddedValkey) -> None:
    from django.core.cache import cache

    cache.set("a", 1)
    assert cache.get("a") == 1
