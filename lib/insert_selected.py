"""Rows made from other rows in one statement, without reading any of them: INSERT … SELECT … ON CONFLICT DO NOTHING."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Model, QuerySet


def insert_selected(
    model: type[Model],
    source: QuerySet[Any],
    columns: Mapping[str, Any],
    *,
    locking: type[Model] | None = None,
    at_most: int,
) -> int:
    """One row of `model` for each row of `source`, at most so many; what a unique key knows already is left out. `columns` gives every
    field its expression; the rest is left to the database. Returns how many rows were written.

    `locking`: rows of this table that `source` joins are locked until the end of the transaction; those that somebody else holds are
    left for the next time. The statement sees what was committed before it began: whoever needs more looks again after it.
    Raises TransactionManagementError when it locks outside of a transaction.
    """
    if locking and not connection.in_atomic_block:
        raise transaction.TransactionManagementError("rows are locked inside a transaction")
    query = source.order_by().values_list(*columns.values())[:at_most].query
    select, values = query.get_compiler(connection=connection).as_sql()
    named = {field.name: field.column for field in model._meta.concrete_fields}
    fields = ", ".join(f'"{named[name]}"' for name in columns)
    lock = f' FOR NO KEY UPDATE OF "{_alias(query, locking)}" SKIP LOCKED' if locking else ""
    into = f'INSERT INTO "{model._meta.db_table}" ({fields})'
    with connection.cursor() as cursor:
        cursor.execute(f"{into} {select}{lock} ON CONFLICT DO NOTHING", values)
        return int(cursor.rowcount)


def _alias(query: Any, model: type[Model]) -> str:
    """Under which name the query joins the table. Raises StopIteration when it does not."""
    return next(str(alias) for alias, join in query.alias_map.items() if join.table_name == model._meta.db_table)
