"""Columns of amounts in the row's own unit: bytes, seconds or messages, in words."""

from typing import Any

from lib.admin.columns import Column, Words, column
from lib.admin.showing import NOTHING
from lib.templatetags.formats import amount


def amount_of(path: str, words: Words) -> Column:
    """What is granted or left; None means unlimited."""
    return column(words, lambda row: amount(getattr(row, path), row.unit))


def limit_of(path: str, words: Words) -> Column:
    """A limit that may not be set; None shows a dash."""

    def show(row: Any) -> str:
        limit = getattr(row, path)
        return NOTHING if limit is None else amount(limit, row.unit)

    return column(words, show)
