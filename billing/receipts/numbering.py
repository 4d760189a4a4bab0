"""Numbers without gaps: one worker at a time in a series and year, in the order in which orders were applied.

Invoices are numbered in sequence, each number once: Council Directive 2006/112/EC, Article 226(2).
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from billing.models import (
    Order,
    OrderWhat,
    Receipt,
    ReceiptCounter,
    ReceiptSeries,
    RefundRequest,
    RefundRequestState,
)
from billing.receipts import document
from lib import queue
from lib.failpoints import failpoint
from lib.transactions import whole

BATCH = 100
#: What the frequent sweep looks back at; the daily one looks at everything.
RECENT = timedelta(days=7)


def number(*, now: datetime, is_thorough: bool = False) -> int:
    """Number what was applied and what was taken back since the last time. Returns how many. Any number may run at once."""
    since = None if is_thorough else now - RECENT
    total = sum(_all(series, since=since, now=now) for series in ReceiptSeries)
    if total:
        queue.wake("billing.draw_receipts")
    return total


def _all(series: ReceiptSeries, *, since: datetime | None, now: datetime) -> int:
    total = 0
    while numbered := _batch(series, since=since, now=now):
        total += numbered
    return total


@whole
def _batch(series: ReceiptSeries, *, since: datetime | None, now: datetime) -> int:
    """The next numbers of the year in which the first of what waits happened."""
    first = next(iter(_waiting(series, since=since)[:1]), None)
    if first is None:
        return 0
    year = _year(_happened(first))
    counter, _new = ReceiptCounter.objects.get_or_create(series=series, year=year)
    counter = ReceiptCounter.objects.select_for_update(no_key=True, of=("self",)).get(pk=counter.pk)
    failpoint("receipts.locked")
    rows = [row for row in _waiting(series, since=since)[:BATCH] if _year(_happened(row)) == year]
    receipts = [
        _receipt(series, year, counter.last_number + index, row, now=now) for index, row in enumerate(rows, start=1)
    ]
    Receipt.objects.bulk_create(receipts)
    counter.last_number += len(receipts)
    counter.save(update_fields=["last_number"])
    failpoint("receipts.numbered")
    return len(receipts)


def _waiting(series: ReceiptSeries, *, since: datetime | None) -> QuerySet[Any]:
    """Orders or refund requests without a number, oldest first. A credit note waits until what it is about has its own."""
    if series == ReceiptSeries.CREDIT_NOTE:
        about = Receipt.objects.filter(order=OuterRef("order"), request=None)
        granted = RefundRequest.objects.filter(Exists(about), state=RefundRequestState.GRANTED, receipt=None)
        recent = granted.filter(decided_at__gte=since) if since else granted
        return recent.select_related("order__line", "order__plan", "order__buyer").order_by("decided_at", "id")
    what = OrderWhat.TOP_UP if series == ReceiptSeries.TOP_UP else OrderWhat.PLAN
    numbered = Receipt.objects.filter(order=OuterRef("pk"), request=None)
    applied = Order.objects.filter(~Exists(numbered), applied_at__isnull=False, what=what)
    lately = applied.filter(applied_at__gte=since) if since else applied
    return lately.select_related("line", "plan", "buyer").prefetch_related("payments").order_by("applied_at", "id")


def _happened(row: Order | RefundRequest) -> datetime:
    at = row.applied_at if isinstance(row, Order) else row.decided_at
    if at is None:
        raise ValueError("only what was applied or granted has a number")
    return at


def _year(at: datetime) -> int:
    """By the calendar of the books."""
    return at.astimezone(ZoneInfo(settings.BOOKS_TIME_ZONE)).year


def _receipt(series: ReceiptSeries, year: int, number: int, row: Order | RefundRequest, *, now: datetime) -> Receipt:
    order = row if isinstance(row, Order) else row.order
    request = None if isinstance(row, Order) else row
    receipt = Receipt(
        series=series,
        year=year,
        number=number,
        order=order,
        request=request,
        language=order.payer_language,
        issued_at=now,
    )
    receipt.document = document.of(receipt, issued_at=now, happened_at=_happened(row))
    return receipt
