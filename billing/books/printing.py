"""The books on a screen and in files."""

import csv
from collections.abc import Iterator
from pathlib import Path

from billing.books import Books
from billing.books.tables import Cell, Table
from lib.money import Money, major_units
from lib.spreadsheet import safe


def on_screen(books: Books) -> Iterator[str]:
    """Lines of text, table by table; lists are left to the files."""
    for table in [*books.tables, checks_of(books)]:
        if table.is_list:
            continue
        yield from ("", table.title)
        yield from _lines(table)


def into_files(books: Books, folder: Path) -> list[Path]:
    """One CSV file a table (RFC 4180, UTF-8), named after month and table; files of the same names are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for table in [*books.tables, checks_of(books)]:
        path = folder / f"{books.month.name}-{table.name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            sheet = csv.writer(file)
            sheet.writerow(table.columns)
            sheet.writerows([_safe(cell) for cell in row] for row in table.rows)
        paths.append(path)
    return paths


def checks_of(books: Books) -> Table:
    """Every sum that was made twice."""
    rows = [
        [
            "yes" if check.holds else "NO",
            check.name,
            check.currency,
            Money(check.found_minor, check.currency),
            Money(check.wanted_minor, check.currency),
        ]
        for check in books.checks
    ]
    return Table("checks", "Whether it adds up", ["holds", "what", "currency", "found", "wanted"], rows)


def _lines(table: Table) -> Iterator[str]:
    if not table.rows:
        yield "  nothing"
        return
    cells = [[_told(cell) for cell in row] for row in [tuple(table.columns), *table.rows]]
    widths = [max(len(row[place]) for row in cells) for place in range(len(table.columns))]
    are_words = [isinstance(cell, str) for cell in table.rows[0]]
    for row in cells:
        padded = [
            cell.ljust(width) if is_word else cell.rjust(width)
            for cell, width, is_word in zip(row, widths, are_words, strict=True)
        ]
        yield f"  {'  '.join(padded)}".rstrip()


def _told(cell: Cell) -> str:
    return f"{major_units(cell.minor, cell.currency):f}" if isinstance(cell, Money) else str(cell)


def _safe(cell: Cell) -> str:
    """A cell that no spreadsheet takes for a formula; amounts stay numbers."""
    told = _told(cell)
    return safe(told) if isinstance(cell, str) else told
