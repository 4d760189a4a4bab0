"""One question to the database, the answer as rows with names."""

from dataclasses import make_dataclass
from typing import Any

from django.db import connection


def rows(statement: str, **values: Any) -> list[Any]:
    """The rows of `statement`, a column as an attribute; sums of bigints come as int."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        kind = make_dataclass("Row", [column[0] for column in cursor.description], frozen=True)
        return [kind(*row) for row in cursor.fetchall()]
