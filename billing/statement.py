"""The entries that make a line's credit, newest first, each with the credit after it. They add up to the credit that is shown.

An owner reads what happened while the line was theirs; what it brought along from before is one row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import BigIntegerField, BooleanField, Case, ExpressionWrapper, F, Q, QuerySet, Sum, When, Window
from django.utils.translation import gettext as _

from accounts.models import Line, LineOwnership, Subscriber
from billing import ledger, wording
from billing.models import AccountKind, CreditUse, EntryKind, LedgerEntry, Order
from billing.models.ledger import CREDIT_KINDS
from billing.paying_out import payouts


@dataclass(frozen=True, kw_only=True)
class StatementRow:
    """`amount_minor` is signed; `after_minor` is paid and bonus credit together after it. `note`: what staff gave as the reason; `use`: what
    was used for it.
    """

    words: str
    amount_minor: int
    after_minor: int
    at: datetime
    note: str = ""
    use: CreditUse | None = None
    is_bonus: bool = False
    order: Order | None = None


PAGE_SIZE = 20


def facts(line: Line, reader: Subscriber, *, page: str | None) -> dict[str, Any]:
    """The context of the credit page; `page` is the number that was asked for."""
    paid, bonus = ledger.credit_of(line)
    since = owned_since(line, reader)
    brought_minor = brought(line, since=since)
    found = Paginator(entries(line, since=since), PAGE_SIZE).get_page(page)
    shown = rows(found, reader=reader, brought_minor=brought_minor, since=since)
    if since and brought_minor and not found.has_next():
        shown.append(first_row(brought_minor, since=since))
    return {
        "line": line,
        "credit_minor": (paid + bonus).minor,
        "paid_minor": paid.minor,
        "bonus_minor": bonus.minor,
        "owed_minor": ledger.owed_by(line).minor,
        "payout": payouts.open_payout(line),
        "payable_minor": payouts.payable(line).minor,
        "entries": shown,
        "page": found,
    }


def entries(line: Line, *, since: datetime | None = None) -> QuerySet[LedgerEntry]:
    """The line's credit entries from `since` on, with `signed_minor`, `is_bonus`, and their running sum `after_minor`."""
    found = _credit_entries(line).filter(event_at__gte=since) if since else _credit_entries(line)
    return (
        found.select_related("order__plan")
        .annotate(after_minor=Window(Sum("signed_minor"), order_by=F("id").asc()))
        .order_by("-id")
    )


def brought(line: Line, *, since: datetime | None) -> int:
    """The credit the line had before `since`, in minor units."""
    if since is None:
        return 0
    total: int = (
        _credit_entries(line).filter(event_at__lt=since).aggregate(minor=Sum("signed_minor", default=0))["minor"]
    )
    return total


def owned_since(line: Line, reader: Subscriber) -> datetime | None:
    """Since when the line is the reader's."""
    found = LineOwnership.objects.filter(line=line, subscriber=reader, until_at=None)
    return found.values_list("from_at", flat=True).first()


def rows(
    page: Iterable[Any], *, reader: Subscriber, brought_minor: int = 0, since: datetime | None = None
) -> list[StatementRow]:
    """Entries of `entries()` in words; only orders that the reader may see are named, and use since the line is theirs (`since`)."""
    found = list(page)
    visible, uses = _visible(found, reader), _uses(found, since)
    return [
        StatementRow(
            words=_words(entry, is_visible=entry.order_id in visible, use=uses.get(entry.key)),
            use=uses.get(entry.key),
            note=entry.reason if entry.kind in _WITH_REASON else "",
            is_bonus=entry.is_bonus,
            amount_minor=entry.signed_minor,
            after_minor=entry.after_minor + brought_minor,
            at=entry.event_at,
            order=entry.order if entry.order_id in visible else None,
        )
        for entry in found
    ]


def first_row(brought_minor: int, *, since: datetime) -> StatementRow:
    """What the line had when it came to its owner, below everything else."""
    words = _("Credit when the number came to you")
    return StatementRow(words=words, amount_minor=brought_minor, after_minor=brought_minor, at=since)


def _credit_entries(line: Line) -> QuerySet[LedgerEntry]:
    ours = {"line": line, "currency": line.currency, "kind__in": CREDIT_KINDS}
    into = Q(**{f"target__{name}": value for name, value in ours.items()})
    out = Q(**{f"source__{name}": value for name, value in ours.items()})
    of_bonus = Q(target__kind=AccountKind.CREDIT_BONUS) | Q(source__kind=AccountKind.CREDIT_BONUS)
    return LedgerEntry.objects.filter(into | out).annotate(
        signed_minor=Case(
            When(out, then=-F("amount_minor")), default=F("amount_minor"), output_field=BigIntegerField()
        ),
        is_bonus=ExpressionWrapper(of_bonus, output_field=BooleanField()),
    )


def _visible(found: list[Any], reader: Subscriber) -> set[UUID]:
    ids = {entry.order_id for entry in found if entry.order_id}
    return set(Order.objects.visible_to(reader).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def _uses(found: list[Any], since: datetime | None) -> dict[str, CreditUse]:
    """What entries about use were for, by key; of what an owner before has used nothing is told."""
    keys = {entry.key: entry.key.split(":")[1] for entry in found if entry.kind == EntryKind.USE}
    rows = CreditUse.objects.in_bulk(set(keys.values())) if keys else {}
    by_id = {str(pk): row for pk, row in rows.items() if since is None or row.day > since.date()}
    return {key: by_id[pk] for key, pk in keys.items() if pk in by_id}


_WITH_REASON = {EntryKind.ADJUSTMENT, EntryKind.PAYOUT_REFUSED}


def _words(entry: Any, *, is_visible: bool, use: CreditUse | None) -> str:
    kind = EntryKind(entry.kind)
    if use:
        return wording.use_in_words(use)
    if kind == EntryKind.ADJUSTMENT:
        return _("From our support") if entry.signed_minor > 0 else _("Taken by our support")
    if is_visible and kind == EntryKind.CREDIT_SPENT:
        return wording.title_of(entry.order)
    if is_visible and kind == EntryKind.REFUND_TO_CREDIT:
        return _("Given back: %(what)s") % {"what": wording.title_of(entry.order)}
    said = {
        EntryKind.OPENING: _("Credit from before"),
        EntryKind.CREDIT_SPENT: _("Paid from credit"),
        EntryKind.USE: _("Use paid from credit"),
        EntryKind.REFUND_TO_CREDIT: _("Given back to your credit"),
        EntryKind.TOP_UP_REVERSED: _("Top-up taken back"),
        EntryKind.DISPUTE_LOST: _("Taken back by the payer’s bank"),
        EntryKind.SHORTFALL_PAID: _("Paid what the number owed"),
        EntryKind.PAYOUT_ASKED: _("To be paid out to you"),
        EntryKind.PAYOUT_REFUSED: _("Not paid out, credit again"),
        EntryKind.RELEASED: _("Number given up: kept for you, ask our support"),
    }
    return said.get(kind) or str(kind.label)
