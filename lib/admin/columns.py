"""Columns and read-only fields of admin classes, made by what they show: `placed = moment_of("placed_at", _("placed"))`.

`path` is a lookup of the row, dots between: `order.line`. A None on the way shows a dash.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin

from lib.admin import showing

#: A column is a method of the admin class: it takes the class's instance and the row.
Column = Callable[[Any, Any], Any]
#: Words for a label, translated when they are shown.
Words = Any


def column(words: Words, show: Callable[[Any], Any], *, ordering: str | None = None) -> Column:
    """Any other column: `show` takes the row."""

    @admin.display(description=words, ordering=ordering)
    def shown(_admin: Any, row: Any) -> Any:
        return show(row)

    return shown


def moment_of(path: str, words: Words) -> Column:
    """A datetime, to the minute in the reader's zone."""
    return column(words, lambda row: showing.moment(_found(row, path)), ordering=_lookup(path))


def money_of(path: str, words: Words, *, currency: str = "currency") -> Column:
    """Minor units of the currency that stands at `currency`."""
    return column(
        words, lambda row: showing.money(_found(row, path), _found(row, currency) or ""), ordering=_lookup(path)
    )


def link_to(path: str, words: Words, *, shown_as: str | None = None) -> Column:
    """Another row as a link to its page, in its own words or by its attribute `shown_as`."""

    def show(row: Any) -> Any:
        there = _found(row, path)
        return showing.linked(there, getattr(there, shown_as) if there is not None and shown_as else None)

    return column(words, show)


def line_of(path: str, words: Words) -> Column:
    """A line as a link to its page, its number masked."""

    def show(row: Any) -> Any:
        line = _found(row, path)
        return showing.linked(line, line and showing.masked_number(line.msisdn))

    return column(words, show)


def number_of(path: str, words: Words) -> Column:
    """A number in full: for the page of the one it belongs to."""
    return column(words, lambda row: showing.whole_number(_found(row, path)))


def masked_address_of(path: str, words: Words) -> Column:
    """A number or an e-mail address, masked: for lists."""
    return column(words, lambda row: showing.masked_address(_found(row, path) or ""))


def state_of(words: Words, tones: Mapping[Any, str]) -> Column:
    """The row's `state` as a badge; `tones` maps states to tones of `showing.badge`."""
    return column(words, lambda row: showing.state_badge(row, tones), ordering="state")


def _found(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = None if row is None else getattr(row, name)
    return row


def _lookup(path: str) -> str:
    return path.replace(".", "__")
