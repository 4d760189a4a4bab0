"""Empties the database after a test that committed. Django's flush would truncate every table and then make the content types and
permissions anew; only what has rows is deleted here.
"""

from django.db import connection, transaction
from psycopg import sql

#: `migrate` writes here, and so do ours
_MIGRATED = ("django_content_type", "auth_permission")
#: tables that are not made by Django
_BY_MONTH = ("network_usagerecord", "network_usagecharge", "network_usagecreditcharge")


class CleanSlate:
    """The database as it is when this is made, just migrated."""

    def __init__(self) -> None:
        found = connection.introspection.django_table_names(only_existing=True, include_views=False)
        self._tables = sorted({*found, *_BY_MONTH} - set(_MIGRATED))
        self._rows = {name: _count_and_last(name) for name in _MIGRATED}

    def restore(self) -> None:
        """Delete what was added, past all triggers, as soon as nobody is writing; the connection's role must be a superuser.

        Raises AssertionError when rows of `migrate` itself are gone.
        """
        names = [sql.Identifier(name) for name in (*self._tables, *_MIGRATED)]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.SQL(", ").join(names)))
            cursor.execute("SET LOCAL session_replication_role = replica")
            for name in self._filled(cursor):
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
            for name, (_count, last) in self._rows.items():
                cursor.execute(sql.SQL("DELETE FROM {} WHERE id > %s").format(sql.Identifier(name)), [last])
        assert {name: _count_and_last(name) for name in _MIGRATED} == self._rows

    def _filled(self, cursor) -> list[str]:
        ask = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
        asked = [ask.format(sql.Literal(name), sql.Identifier(name)) for name in self._tables]
        cursor.execute(sql.SQL(" UNION ALL ").join(asked))
        return [name for (name,) in cursor.fetchall()]


def _count_and_last(table: str) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT count(*), max(id) FROM {}").format(sql.Identifier(table)))
        count, last = cursor.fetchone()
        return count, last
