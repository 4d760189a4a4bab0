"""Drawing what is numbered, keeping the file, and writing to its payer with it attached."""

from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from billing.models import Receipt
from billing.receipts import drawing
from billing.receipts.document import printed_number
from lib import clock
from lib.alarm import alarm
from notifications import outbox
from notifications.attachments import Attachment
from notifications.outbox import Outgoing, Recipient

log = structlog.get_logger(__name__)
BATCH = 50


def draw_waiting() -> int:
    """Draw every receipt that has no file yet, oldest first. Returns how many. One that cannot be drawn raises an alarm."""
    total = 0
    for receipt_id in Receipt.objects.filter(drawn_at=None).order_by("created_at").values_list("pk", flat=True)[:BATCH]:
        total += _draw(receipt_id)
    return total


def _draw(receipt_id: UUID) -> bool:
    receipt = Receipt.objects.select_related("order").get(pk=receipt_id)
    if receipt.drawn_at:
        return False
    try:
        pdf = drawing.draw(receipt.document, issued_at=receipt.issued_at)
    except Exception as error:  # noqa: BLE001  one that cannot be drawn must not hold up the others
        alarm("receipt.cannot_be_drawn", subject=f"receipt:{receipt.pk}", detail=type(error).__name__)
        return False
    _keep(receipt, pdf, at=clock.real_now())
    return True


@transaction.atomic
def _keep(receipt: Receipt, pdf: bytes, *, at: datetime) -> None:
    if Receipt.objects.filter(pk=receipt.pk, drawn_at=None).update(pdf=pdf, drawn_at=at):
        _tell(receipt)


def _tell(receipt: Receipt) -> None:
    order = receipt.order
    outbox.send(
        Outgoing(
            kind="receipt",
            channel="email",
            to=Recipient(address=order.payer_email, language=order.payer_language, time_zone=order.payer_time_zone),
            context={
                "number": printed_number(receipt),
                "series": receipt.series,
                "reference": order.reference,
                "url": settings.PORTAL_ORIGIN + reverse("receipt", args=[receipt.pk]),
                "attachment": f"receipt:{receipt.pk}",
            },
            key=f"receipt:{receipt.pk}",
            subject=f"receipt:{receipt.pk}",
        )
    )


def attachment(receipt_id: str) -> Attachment | None:
    """The file of a receipt, for the e-mail that carries it."""
    receipt = Receipt.objects.filter(pk=receipt_id).exclude(pdf=None).first()
    return Attachment(file_name(receipt), "application/pdf", bytes(receipt.pdf or b"")) if receipt else None


def file_name(receipt: Receipt) -> str:
    """`S-2026-000123.pdf`."""
    return f"{printed_number(receipt)}.pdf"
