"""Tables of the books: what a section has to tell, before it is printed or written to a file."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lib.money import Money

Cell = str | int | Money


@dataclass(frozen=True)
class Table:
    """`name` becomes the file's. Rows have a cell for each column; Money is told in major units, its currency stands in a column.

    `is_list`: one row a case. The screen has the totals of it, the file all of it.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    is_list: bool = False


@dataclass(frozen=True)
class Check:
    """Two sums that must be one."""

    name: str
    currency: str
    found_minor: int
    wanted_minor: int

    @property
    def holds(self) -> bool:
        return self.found_minor == self.wanted_minor


@dataclass(frozen=True)
class Section:
    """Part of the books."""

    tables: Sequence[Table]
    checks: Sequence[Check] = field(default_factory=list)
