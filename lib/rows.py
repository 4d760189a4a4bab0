"""Rows written without what `save()` and `bulk_create()` do around the statement: for what runs with every payment (docs/bench.md)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection
from django.db.models import Field, JSONField, Model
from django.db.models.expressions import DatabaseDefault
from django.db.models.functions import Now

_MADE_THERE = {DatabaseDefault: "DEFAULT", Now: "statement_timestamp()"}
#: Sent as they are; Django's preparation of a field changes nothing about them, but in JSON.
_READY = {str, int, bool, UUID, datetime}


def insert(rows: Sequence[Model], *, skip_known: bool = False) -> None:
    """New rows of one model in one statement; none is fine. What the database makes (ids, defaults) is read back.

    `skip_known` leaves out what a unique key knows already, and reads nothing back.
    """
    if not rows:
        return
    table = rows[0]._meta
    values: list[Any] = []
    tail = "ON CONFLICT DO NOTHING" if skip_known else f"RETURNING {_columns(table.db_returning_fields)}"
    with connection.cursor() as cursor:
        cursor.execute(f"{_insertion(rows, values)} {tail}", values)
        found = [] if skip_known else cursor.fetchall()
    for row, answers in zip(rows, found, strict=not skip_known):
        _read_back(row, answers)


def insert_whole(row: Model, parts: Sequence[Model], *, owner: str) -> None:
    """A new row and those that belong to it by their foreign key `owner`, in one statement. What the database makes of the row is read
    back; of its parts nothing is.
    """
    if not parts:
        insert([row])
        return
    values: list[Any] = []
    returned = row._meta.db_returning_fields
    key = f'(SELECT "{row._meta.pk.column}" FROM whole)'  # noqa: S608  names of ours
    whole = f"{_insertion([row], values)} RETURNING {_columns(returned)}"
    belonging = _insertion(parts, values, given={parts[0]._meta.get_field(owner): key})
    with connection.cursor() as cursor:
        asked = f"SELECT {_columns(returned)} FROM whole"  # noqa: S608  names of ours
        cursor.execute(f"WITH whole AS ({whole}), parts AS ({belonging}) {asked}", values)
        _read_back(row, cursor.fetchone())
    for part in parts:
        setattr(part, owner, row)


def _insertion(rows: Sequence[Model], values: list[Any], *, given: Mapping[Any, str] | None = None) -> str:
    """The statement as far as its rows; `given` are places that are filled already, by field."""
    table, ready = rows[0]._meta, given or {}
    fields = table.concrete_fields
    places = ", ".join(
        f"({', '.join([ready.get(field) or _place(row, field, values) for field in fields])})" for row in rows
    )
    return f'INSERT INTO "{table.db_table}" ({_columns(fields)}) VALUES {places}'  # noqa: S608  names of ours


def _read_back(row: Model, answers: Sequence[Any]) -> None:
    for field, answer in zip(row._meta.db_returning_fields, answers, strict=True):
        setattr(row, field.attname, answer)
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def write(row: Model, *names: str) -> None:
    """These fields of a row that is there; `Now()` is the one expression they may hold. Raises DatabaseError when it is gone."""
    table = row._meta
    fields = {field.name: field for field in table.concrete_fields}
    values: list[Any] = []
    changes = ", ".join(f'"{fields[name].column}" = {_place(row, fields[name], values)}' for name in names)
    statement = f'UPDATE "{table.db_table}" SET {changes} WHERE "{table.pk.column}" = %s'  # noqa: S608  names of ours
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, row.pk])
        if cursor.rowcount != 1:
            raise DatabaseError(f"{table.label} {row.pk} is gone")


def _place(row: Model, field: "Field[Any, Any]", values: list[Any]) -> str:
    """What stands in the statement for a field's value, which is added to `values` unless the database makes it."""
    value = getattr(row, field.attname)
    if made_there := _MADE_THERE.get(type(value)):
        return made_there
    if value is None and field.primary_key:
        return "DEFAULT"
    is_ready = value is None or (type(value) in _READY and not isinstance(field, JSONField))
    values.append(value if is_ready else field.get_db_prep_save(value, connection))
    return "%s"


def _columns(fields: "Iterable[Field[Any, Any]]") -> str:
    return ", ".join(f'"{field.column}"' for field in fields)
