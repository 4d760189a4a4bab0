"""What a room holds about one person, as tables that are read out row by row."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

#: rows fetched at once: what a copy needs of memory does not grow with what there is
AT_ONCE = 2000


@dataclass(frozen=True)
class Table:
    """`name` is the file's, `title` what its reader calls it; `columns` are the same in every language, since programs read them."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterable[Sequence[Any]]]


def table(name: str, title: str, found: "QuerySet[Any]", /, **columns: str) -> Table:
    """A column of the copy = a field of the rows, as `values_list` knows it."""
    fields = found.values_list(*columns.values())
    return Table(name, title, tuple(columns), lambda: fields.iterator(chunk_size=AT_ONCE))
