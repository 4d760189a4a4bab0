"""Drawing what is numbered, keeping the file, and writing to its payer with it attached."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from billing import payer_codes
from billing.models import Receipt
from billing.receipts import drawing
from lib import clock
from lib.alarm import alarm
from lib.failpoints import failpoint
from notifications import outbox
from notifications.outbox import Outgoing, Recipient


def draw_waiting() -> int:
    """Draw every receipt that has no file yet, oldest first. Returns how many. One that cannot be drawn raises an alarm."""
    total, failed = 0, set[UUID]()
    waiting = Receipt.objects.filter(drawn_at=None).order_by("created_at", "id")
    while receipt := waiting.exclude(pk__in=failed).select_related("order").first():
        try:
            pdf = drawing.draw(receipt.document, issued_at=receipt.issued_at)
        except Exception as error:  # noqa: BLE001  one that cannot be drawn must not hold up the others
            failed.add(receipt.pk)
            subject = f"receipt:{receipt.pk}"
            alarm("receipt.cannot_be_drawn", subject=subject, detail=type(error).__name__, once=True)
        else:
            failpoint("receipts.drawn")
            total += _keep(receipt, pdf, at=clock.real_now())
    return total


def draw_again(receipt: Receipt) -> None:
    """Make the file anew from what was frozen, after the template was mended; nobody is written to."""
    pdf = drawing.draw(receipt.document, issued_at=receipt.issued_at)
    Receipt.objects.filter(pk=receipt.pk).update(pdf=pdf)


@transaction.atomic
def _keep(receipt: Receipt, pdf: bytes, *, at: datetime) -> int:
    """The file and the message together, by whoever comes first. Returns how many were kept: 1 or 0."""
    kept = Receipt.objects.filter(pk=receipt.pk, drawn_at=None).update(pdf=pdf, drawn_at=at)
    if kept:
        _tell(receipt)
    return kept


def _tell(receipt: Receipt) -> None:
    order, document = receipt.order, receipt.document
    amounts = document["amounts"]
    outbox.send(
        Outgoing(
            kind="receipt",
            channel="email",
            to=Recipient(address=order.payer_email, language=order.payer_language, time_zone=order.payer_time_zone),
            context={
                "number": receipt.printed_number,
                "series": receipt.series,
                "item": document["table"]["rows"][0][0][0],
                "price": {"minor": amounts["gross_minor"], "currency": amounts["currency"]},
                "reference": order.reference,
                "url": _address(receipt),
                "attachment": f"receipt:{receipt.pk}",
            },
            key=f"receipt:{receipt.pk}",
            subject=f"receipt:{receipt.pk}",
        )
    )


def _address(receipt: Receipt) -> str:
    """Where the payer finds it: signed in, or on the page of what they paid for another's number. Empty for nobody's."""
    order = receipt.order
    if order.is_by_other:
        return payer_codes.page_of_order(order)
    if order.buyer_id is None:
        return ""
    return settings.PORTAL_ORIGIN + reverse("receipt", args=[receipt.pk])
