"""The statements that a piece of work sends, recorded once and retold for others of its kind."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import Connection, Cursor
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb

from tests.counting import CONTROL


@dataclass(frozen=True)
class Returned:
    """In place of a value: what the `statement`-th of the same script returned there."""

    statement: int
    row: int
    column: int


@dataclass(frozen=True)
class Statement:
    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Script:
    """Statements in order, by the transaction that commits them. `own`: what belongs to the piece of work they were sent for."""

    transactions: tuple[tuple[Statement, ...], ...]
    own: Mapping[str, str]

    @property
    def queries(self) -> int:
        """Without transaction control and SET."""
        return sum(not each.sql.startswith(CONTROL) for each in self.statements())

    def statements(self) -> Iterator[Statement]:
        for transaction in self.transactions:
            yield from transaction

    def retold(self, own: Mapping[str, str]) -> "Script":
        """The same for another piece of work, whose `own` has the same names."""
        words = {text: own[name] for name, text in self.own.items()}
        told = (
            tuple(replace(each, values=retell(each.values, words)) for each in transaction)
            for transaction in self.transactions
        )
        return Script(tuple(told), own)


def retell(value: Any, words: Mapping[str, str]) -> Any:
    """`value`, in which texts and ids that are keys of `words` are replaced, however deep they are."""
    match value:
        case UUID():
            return UUID(words.get(str(value), str(value)))
        case str():
            return _retell_text(value, words)
        case Jsonb():
            return Jsonb(retell(value.obj, words))
        case list() | tuple():
            return type(value)(retell(each, words) for each in value)
        case dict():
            return {name: retell(each, words) for name, each in value.items()}
        case _:
            return value


def _retell_text(text: str, words: Mapping[str, str]) -> str:
    plain = str(text)  # a member of TextChoices becomes what the database sees
    for old, new in words.items():
        plain = plain.replace(old, new)
    return plain


def record(run: Callable[[], object], own: Mapping[str, str]) -> Script:
    """Run it and keep what Django sends. Raises NotReplayable."""
    recorder = _Recorder()
    with connection.execute_wrapper(recorder):
        run()
    return Script(recorder.transactions(), own)


class NotReplayable(RuntimeError):
    """A statement outside a transaction, or many at once: the baseline would draw other boundaries."""


class _Recorder:
    """An execute wrapper (https://docs.djangoproject.com/en/5.2/topics/db/instrumentation/)."""

    def __init__(self) -> None:
        self._transactions: list[list[Statement]] = []
        self._made: dict[UUID, Returned] = {}

    def __call__(self, execute: Callable[..., Any], sql: str, values: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  Django's signature
        raw: Connection[Any] = context["connection"].connection
        if many or raw.autocommit:
            raise NotReplayable(sql)
        if raw.info.transaction_status == TransactionStatus.IDLE:
            self._transactions.append([])
        late = tuple(self._made.get(value, value) if isinstance(value, UUID) else value for value in values or ())
        self._transactions[-1].append(Statement(sql, late))
        result = execute(sql, values, many, context)
        self._remember(sql, context["cursor"].cursor)
        return result

    def transactions(self) -> tuple[tuple[Statement, ...], ...]:
        return tuple(tuple(transaction) for transaction in self._transactions)

    def _remember(self, sql: str, cursor: Cursor[Any]) -> None:
        """Ids that the database made are others each time: what uses them later takes them from where they came."""
        if not sql.startswith("INSERT") or not cursor.description or not cursor.rowcount:
            return
        number = sum(map(len, self._transactions)) - 1
        rows: Sequence[Sequence[Any]] = cursor.fetchall()
        cursor.scroll(0, mode="absolute")
        for row_number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, UUID):
                    self._made[value] = Returned(number, row_number, column)
