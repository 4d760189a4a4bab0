"""The same statements in raw psycopg: prepared, on a connection of its own, committed where the portal commits."""

from typing import Any

import psycopg
from django.db import connection

from bench.script import Returned, Script


class Baseline:
    """Plays scripts on the database that Django is connected to. Close it."""

    def __init__(self) -> None:
        options = connection.get_connection_params()
        kept = ("dbname", "user", "password", "host", "port", "options")
        self._connection = psycopg.connect(**{name: options[name] for name in kept if name in options})
        self._connection.prepared_max = 1000

    def play(self, script: Script) -> None:
        """Send it, read every answer as the portal does, commit."""
        rows: list[Any] = []
        cursor = self._connection.cursor()
        for transaction in script.transactions:
            for statement in transaction:
                values = [
                    rows[value.statement][value.row][value.column] if type(value) is Returned else value
                    for value in statement.values
                ]
                cursor.execute(statement.sql, values, prepare=True)
                rows.append(cursor.fetchall() if cursor.description else None)
            self._connection.commit()

    def is_durable(self) -> bool:
        """Whether a commit waits for the disk."""
        row = self._connection.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
        self._connection.commit()
        return row == ("on", "on")

    def close(self) -> None:
        self._connection.close()
