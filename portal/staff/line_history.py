"""Everything that happened to a line, from every room, in one list: newest first, by kind, a page at a time.

One statement finds the page's moments among all tables, then one a table reads their rows: the same number however long the list is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, IntegerField, Model, QuerySet, Value
from django.db.models.functions import Cast, LPad
from django.utils.translation import gettext as _

from accounts.models import Line
from lib.admin import people
from portal.staff import line_history_words
from portal.staff.line_history_sources import SOURCES, Source
from portal.staff.line_history_words import Said

PAGE_SIZE = 50
#: Nobody turns so many pages by hand.
LAST_PAGE = 2000


@dataclass(frozen=True)
class Happened:
    """A moment of the line, worded: `by` is who did it, `kind` what it is filed under."""

    at: datetime
    kind: str
    said: Said
    by: str


@dataclass(frozen=True)
class History:
    """A page of it. `kinds`: name, words, and whether it is the one shown."""

    rows: list[Happened]
    kinds: list[tuple[str, str, bool]]
    kind: str
    number: int
    has_next: bool


def kinds() -> dict[str, str]:
    """What can be asked for alone, in words."""
    return {
        "orders": _("Orders"),
        "payments": _("Payments"),
        "standing": _("Auto-renew and auto top-up"),
        "links": _("Top-up links"),
        "money": _("Ledger"),
        "plans": _("Plans"),
        "queue": _("Changes of queued plans"),
        "network": _("Network"),
        "messages": _("Messages"),
        "ownership": _("Owner and SIM"),
        "adjustments": _("Adjustments"),
        "vouchers": _("Vouchers"),
        "payouts": _("Pay-outs"),
        "refunds": _("Refunds"),
        "disputes": _("Disputes"),
        "reviews": _("Reviews"),
        "tickets": _("Tickets"),
        "receipts": _("Receipts"),
        "staff": _("Staff"),
    }


def history(line: Line, *, kind: str, page: str, now: datetime) -> History:
    """The page of the line's history; what is asked for in vain shows all of it, or its first page."""
    words = kinds()
    kind = kind if kind in words else ""
    number = min(int(page), LAST_PAGE) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    number = max(number, 1)
    found = _moments(line, kind=kind, number=number, now=now)
    return History(
        rows=_rows(found[:PAGE_SIZE]),
        kinds=[("", _("Everything"), not kind), *((name, words[name], name == kind) for name in words)],
        kind=kind,
        number=number,
        has_next=len(found) > PAGE_SIZE,
    )


def _moments(line: Line, *, kind: str, number: int, now: datetime) -> list[tuple[datetime, int, str]]:
    """Moment, number of its source, and key of its row, one more than fit on the page."""
    chosen = [_keys(source, line, now=now) for source in SOURCES if not kind or source.kind == kind]
    start = (number - 1) * PAGE_SIZE
    first, *others = chosen
    union = first.union(*others) if others else first.distinct()
    return list(union.order_by("-history_at", "-history_place", "-history_key")[start : start + PAGE_SIZE + 1])


def _keys(source: Source, line: Line, *, now: datetime) -> QuerySet[Any, Any]:
    """A row that belongs to the line in two ways is one moment: equal sources share a number."""
    place = next(at for at, other in enumerate(SOURCES) if (other.model, other.at) == (source.model, source.at))
    found: QuerySet[Any, Any] = source.model._default_manager.order_by().filter(source.of(line, now))
    keys: QuerySet[Any, Any] = found.annotate(
        history_at=F(source.at),
        history_place=Value(place, IntegerField()),
        history_key=LPad(Cast("pk", CharField()), 36, Value("0")),
    ).values_list("history_at", "history_place", "history_key")
    return keys


def _rows(found: Iterable[tuple[datetime, int, str]]) -> list[Happened]:
    wanted = [(at, SOURCES[place], SOURCES[place].model._meta.pk.to_python(key)) for at, place, key in found]
    rows = _read(wanted)
    said = [(at, source, line_history_words.say(rows[source.model][key], source.at)) for at, source, key in wanted]
    names = people.names_of(words.actor for _at, _source, words in said)
    return [Happened(at, source.kind, words, names[words.actor]) for at, source, words in said]


def _read(wanted: Iterable[tuple[datetime, Source, Any]]) -> dict[type[Model], dict[Any, Any]]:
    """The rows themselves, one statement a table."""
    keys: dict[type[Model], set[Any]] = {}
    related: dict[type[Model], set[str]] = {}
    for _at, source, key in wanted:
        keys.setdefault(source.model, set()).add(key)
        related.setdefault(source.model, set()).update(source.related)
    return {
        model: model._default_manager.select_related(*sorted(related[model])).in_bulk(keys[model])
        if related[model]
        else model._default_manager.in_bulk(keys[model])
        for model in keys
    }
