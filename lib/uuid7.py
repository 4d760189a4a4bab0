"""Postgres 18's own `uuidv7()` (RFC 9562) as a column default: ids that sort by time."""

from uuid import UUID

from django.db import connection, models


class uuid7(models.Func):  # noqa: N801  reads as the SQL function it is
    function = "uuidv7"
    arity = 0
    output_field = models.UUIDField()


def fresh(count: int) -> list[UUID]:
    """New ids from the database. For `bulk_create`, which does not read a primary key back that the database makes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT uuidv7() FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]
