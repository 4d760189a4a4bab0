"""The file of a receipt, as it is handed out: on a page, at the desk, with an e-mail. Nothing is drawn here."""

import re

from django.http import HttpResponse

from billing.models import Receipt
from notifications.attachments import Attachment

_KIND = "application/pdf"


def file_name(receipt: Receipt) -> str:
    """`Refill-S-2026-000123.pdf`: in signs that every folder takes."""
    parts = [receipt.document["brand"], receipt.printed_number]
    return "-".join(filter(None, (re.sub(r"[^A-Za-z0-9]+", "-", part).strip("-") for part in parts))) + ".pdf"


def answer(receipt: Receipt) -> HttpResponse:
    """The file of a drawn receipt, for its own payer or for staff alone."""
    found = HttpResponse(bytes(receipt.pdf or b""), content_type=_KIND)
    found["Content-Disposition"] = f'inline; filename="{file_name(receipt)}"'
    found["Cache-Control"] = "private, no-store"
    return found


def attachment(receipt_id: str) -> Attachment | None:
    """For the e-mail that carries it; None while it is not drawn."""
    receipt = Receipt.objects.filter(pk=receipt_id).exclude(drawn_at=None).first()
    return Attachment(file_name(receipt), _KIND, bytes(receipt.pdf or b"")) if receipt else None
