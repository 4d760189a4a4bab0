"""The entries that make a line's credit, newest first, each with the credit after it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Case, F, Q, QuerySet, Sum, When, Window

from accounts.models import Line
from billing import wording
from billing.models import EntryKind, LedgerEntry, Order
from billing.models.ledger import CREDIT_KINDS


@dataclass(frozen=True)
class StatementRow:
    """`amount_minor` is signed; `after_minor` is paid and bonus credit together after the entry."""

    words: str
    amount_minor: int
    after_minor: int
    at: datetime
    order: Order | None


def entries(line: Line) -> QuerySet[LedgerEntry]:
    """The line's credit entries with `signed_minor` and `after_minor`."""
    into = Q(target__line=line, target__kind__in=CREDIT_KINDS)
    out = Q(source__line=line, source__kind__in=CREDIT_KINDS)
    signed = Case(When(out, then=-F("amount_minor")), default=F("amount_minor"), output_field=BigIntegerField())
    return (
        LedgerEntry.objects.filter(into | out)
        .select_related("order__plan")
        .annotate(signed_minor=signed, after_minor=Window(Sum("signed_minor"), order_by=F("id").asc()))
        .order_by("-id")
    )


def rows(page: Iterable[Any]) -> list[StatementRow]:
    """Entries of `entries()` in words."""
    return [
        StatementRow(_words(entry), entry.signed_minor, entry.after_minor, entry.event_at, entry.order)
        for entry in page
    ]


def _words(entry: LedgerEntry) -> str:
    if entry.kind == EntryKind.CREDIT_SPENT and entry.order is not None:
        return wording.title_of(entry.order)
    return str(EntryKind(entry.kind).label)
