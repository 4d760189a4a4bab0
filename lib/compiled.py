"""Querysets that Django turns into SQL once and not each time: for what runs with every payment (docs/bench.md).

What is done with the rows is what `django.db.models.query.ModelIterable` of Django 5.2 does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Expression, Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=Model)


class Given(Expression):
    """Where a value will stand, by name: `filter(pk=Given("id"))`. It is sent as it is given: an id, a text, a datetime."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:  # noqa: ARG002  Django's signature
        return "%s", [self]


@dataclass(frozen=True)
class _Plan:
    """A compiler that has done its work, and how its rows become instances."""

    compiler: SQLCompiler
    sql: str
    values: Sequence[Any]
    converters: dict[Any, Any]
    columns: slice
    names: list[str]
    populators: list[Any]


class Compiled(Generic[M]):
    """The rows of a queryset with blanks. It may follow foreign keys, order and lock; it can neither annotate nor prefetch."""

    def __init__(self, queryset: QuerySet[M]) -> None:
        self._queryset = queryset

    def one(self, **values: Any) -> M:
        """The row. `values` fill the blanks. Raises the model's DoesNotExist."""
        if rows := self.all(**values):
            return rows[0]
        raise self._queryset.model.DoesNotExist  # type: ignore[attr-defined]

    def all(self, **values: Any) -> list[M]:
        """Raises TransactionManagementError for a queryset that locks, outside of a transaction."""
        if self._queryset.query.select_for_update and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("rows are locked inside a transaction")
        plan = self._plan
        with connection.cursor() as cursor:
            cursor.execute(plan.sql, [values[each.name] if type(each) is Given else each for each in plan.values])
            rows = cursor.fetchall()
        if plan.converters:
            rows = list(plan.compiler.apply_converters(rows, plan.converters))
        return [self._made(row, plan) for row in rows]

    def _made(self, row: Sequence[Any], plan: _Plan) -> M:
        made: M = self._queryset.model.from_db(DEFAULT_DB_ALIAS, plan.names, row[plan.columns])
        for populator in plan.populators:
            populator.populate(row, made)
        return made

    @cached_property
    def _plan(self) -> _Plan:
        compiler = self._queryset.query.get_compiler(connection=connection)
        sql, values = compiler.as_sql()
        own: list[int] = compiler.klass_info["select_fields"]
        columns = slice(own[0], own[-1] + 1)
        return _Plan(
            compiler=compiler,
            sql=sql,
            values=values,
            converters=compiler.get_converters([each[0] for each in compiler.select]),
            columns=columns,
            names=[each[0].target.attname for each in compiler.select[columns]],
            populators=get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS),  # type: ignore[call-arg]
        )
