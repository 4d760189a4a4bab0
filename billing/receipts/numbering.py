"""Numbers without gaps: one worker at a time in a series and year, in the order in which orders were applied.

Invoices are numbered in sequence, each number once: Council Directive 2006/112/EC, Article 226(2). The year is that of issue.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from billing.models import (
    Method,
    Order,
    OrderEvent,
    OrderWhat,
    Receipt,
    ReceiptCounter,
    ReceiptSeries,
    RefundRequest,
    RefundRequestState,
)
from billing.receipts import document, editions
from billing.receipts.parts import About
from lib import queue
from lib.alarm import alarm
from lib.failpoints import failpoint
from lib.transactions import whole

BATCH = 100
#: The frequent sweep looks back to what the newest receipt is about, and this much further, since what happened then may have been
#: committed later. The daily one looks at everything.
STRAGGLING = timedelta(hours=1)
#: What cannot be written, with the error.
_Troubles = dict[UUID, Exception]


def number(*, now: datetime, is_thorough: bool = False) -> int:
    """Number what was applied and what was taken back since the last time. Returns how many. Any number may run at once."""
    total = sum(_all(series, now=now, is_thorough=is_thorough) for series in ReceiptSeries)
    if total:
        queue.wake("billing.draw_receipts")
    return total


def _all(series: ReceiptSeries, *, now: datetime, is_thorough: bool) -> int:
    since = None if is_thorough else _since(series, now=now)
    total, troubles = 0, _Troubles()
    while (numbered := _batch(series, since=since, now=now, troubles=troubles)) is not None:
        total += numbered
    for row_id, error in troubles.items():
        subject = f"{_about(series)}:{row_id}"
        alarm("receipt.cannot_be_written", subject=subject, detail=type(error).__name__, once=True)
    return total


def _since(series: ReceiptSeries, *, now: datetime) -> datetime | None:
    """Everything older has its number, however long we were away."""
    happened = "request__decided_at" if series == ReceiptSeries.CREDIT_NOTE else "order__applied_at"
    of_now = Receipt.objects.filter(series=series, mark=editions.current())
    newest = of_now.order_by("-year", "-number").values_list(happened, flat=True).first()
    return min(newest, now) - STRAGGLING if newest else None


def _about(series: ReceiptSeries) -> str:
    return "request" if series == ReceiptSeries.CREDIT_NOTE else "order"


@whole
def _batch(series: ReceiptSeries, *, since: datetime | None, now: datetime, troubles: _Troubles) -> int | None:
    """Give the next numbers. What cannot be written goes to `troubles` and holds up no other. Returns how many, None when nothing
    waits.
    """
    waiting = _waiting(series, since=since).exclude(pk__in=troubles)
    if not waiting.exists():
        return None
    year = now.astimezone(ZoneInfo(settings.BOOKS_TIME_ZONE)).year
    mark = editions.current()
    ReceiptCounter.objects.get_or_create(series=series, year=year, mark=mark)
    counter = ReceiptCounter.objects.select_for_update(no_key=True, of=("self",)).get(
        series=series, year=year, mark=mark
    )
    failpoint("receipts.locked")
    receipts: list[Receipt] = []
    for about in _read(waiting[:BATCH]):
        receipt = _blank(about, counter, len(receipts) + 1, now=now)
        try:
            receipt.document = document.of(receipt, about)
        except Exception as error:  # noqa: BLE001  one that cannot be written must not hold up the others
            troubles[(about.request or about.order).pk] = error
        else:
            receipts.append(receipt)
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
        return recent.order_by("decided_at", "id")
    what = OrderWhat.TOP_UP if series == ReceiptSeries.TOP_UP else OrderWhat.PLAN
    numbered = Receipt.objects.filter(order=OuterRef("pk"), request=None)
    applied = Order.objects.filter(~Exists(numbered), applied_at__isnull=False, what=what)
    lately = applied.filter(applied_at__gte=since) if since else applied
    return lately.order_by("applied_at", "id")


def _read(waiting: QuerySet[Any]) -> list[About]:
    """Everything that is needed to write about these rows, in a handful of statements whatever their number."""
    if waiting.model is RefundRequest:
        requests = list(waiting.select_related(*_with("order__")).prefetch_related("order__payments"))
        originals = {row.order_id: row for row in _originals([request.order for request in requests])}
        return [About(order=row.order, request=row, original=originals[row.order_id]) for row in requests]
    orders = list(waiting.select_related(*_with("")).prefetch_related("payments"))
    runs, places = _runs(orders), _places(orders)
    return [About(order=order, runs=runs.get(order.pk), place=places.get(order.pk, "")) for order in orders]


def _with(prefix: str) -> list[str]:
    return [f"{prefix}{name}" for name in ("line", "plan", "buyer")]


def _originals(orders: Sequence[Order]) -> QuerySet[Receipt]:
    return Receipt.objects.filter(order__in=orders, request=None)


def _runs(orders: Sequence[Order]) -> dict[UUID, tuple[datetime, datetime]]:
    """From when until when each plan was granted, as it was told then: it may have been cut since."""
    events = OrderEvent.objects.filter(order__in=orders, kind="applied", detail__has_key="ends_at")
    return {
        event.order_id: (
            datetime.fromisoformat(event.detail["starts_at"]),
            datetime.fromisoformat(event.detail["ends_at"]),
        )
        for event in events
    }


def _places(orders: Sequence[Order]) -> dict[UUID, str]:
    """Where what was sold outside was paid, if its seller has said so."""
    outside = [order for order in orders if order.method == Method.EXTERNAL]
    if not outside:
        return {}
    events = OrderEvent.objects.filter(order__in=outside, kind="paid_outside")
    return {event.order_id: event.detail["place"] for event in events}


def _blank(about: About, counter: ReceiptCounter, step: int, *, now: datetime) -> Receipt:
    return Receipt(
        series=counter.series,
        year=counter.year,
        mark=counter.mark,
        number=counter.last_number + step,
        order=about.order,
        request=about.request,
        language=about.order.payer_language,
        issued_at=now,
    )
