"""The chosen uses as a CSV file (RFC 4180, UTF-8 with a mark, as spreadsheets want it), row by row as the database gives them."""

import csv
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from lib import wording
from lib.money import major_units
from lib.spreadsheet import safe
from network.models import UsageRecord
from network.pages import listing
from network.pages.owned import Owned
from plans.models import Unit

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
AT_ONCE = 2000


class _Line:
    """What csv writes to: a row comes back from it."""

    def write(self, text: str) -> str:
        return text


def rows(own: Owned, found: QuerySet[UsageRecord], titles: Mapping[UUID, str]) -> Iterator[str]:
    """The file's lines, newest use first; one statement. Words are those of the language in which it is called."""
    words = _Words(own, titles)
    chosen = listing.with_charges(found).order_by(*listing.ORDER)
    return _lines(words, chosen)


def file_name(day: str) -> str:
    return f"{_('usage')}-{day}.csv"


class _Words:
    """Everything that is said in the reader's language, before the answer begins: afterwards the language is another."""

    def __init__(self, own: Owned, titles: Mapping[UUID, str]) -> None:
        self.own = own
        self.titles = titles
        self.unknown = _("An earlier plan or add-on")
        self.group = _("From your sharing group")
        self.countries = wording.country_names()
        self.units = {Unit.DATA: _("bytes"), Unit.VOICE: _("seconds"), Unit.TEXTS: _("texts")}
        self.kinds = {unit.value: unit.label.capitalize() for unit in Unit}
        self.head = [
            _("Time"), _("Record"), _("What"), _("How much"), _("Counted in"), _("Country"), _("Country name"),
            _("From plans and add-ons"), _("Of which"), _("From credit"), _("Cost"), _("Currency"), _("Not covered"),
        ]  # fmt: skip

    def _covered_by(self, part: Mapping[str, Any]) -> str:
        return self.group if part["member"] else self.titles.get(UUID(part["allowance"]), self.unknown)

    def row(self, use: Any) -> list[str | int]:
        """Amounts are numbers in bytes, seconds and messages; `From plans` and `From credit` and `Not covered` add up to `How much`."""
        line = self.own.line
        named = [(self._covered_by(part), part["amount"]) for part in use.charges]
        return [
            use.used_at.astimezone(self.own.zone).isoformat(timespec="seconds"),
            safe(use.record_id),
            self.kinds[use.unit],
            use.amount,
            self.units[Unit(use.unit)],
            use.country,
            safe(self.countries.get(use.country, use.country)),
            sum(amount for _title, amount in named),
            safe("; ".join(f"{title}: {amount}" for title, amount in named)),
            use.by_credit,
            f"{major_units(use.cost_minor, line.currency):f}",
            line.currency,
            use.overrun,
        ]


def _lines(words: _Words, chosen: QuerySet[UsageRecord]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield MARK + writer.writerow(words.head)
    for use in chosen.iterator(chunk_size=AT_ONCE):
        yield writer.writerow(words.row(use))
