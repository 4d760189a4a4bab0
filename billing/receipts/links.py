"""Receipts as pages list them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import Order, Receipt, ReceiptSeries


@dataclass(frozen=True, kw_only=True)
class ReceiptLink:
    """`item` is what was bought, in the payer's words; `year` that of the number; `is_ready` whether there is a file."""

    receipt_id: UUID
    number: str
    title: str
    item: str
    url: str
    year: int
    issued_at: datetime
    amount_minor: int
    currency: str
    is_note: bool
    is_ready: bool


def of_order(order: Order) -> list[ReceiptLink]:
    """The receipt of an order and its credit notes, oldest first."""
    return links(order.receipts.order_by("issued_at", "id"))


def links(receipts: Iterable[Receipt]) -> list[ReceiptLink]:
    """Receipts in the reader's language."""
    return [_link(receipt) for receipt in receipts]


def _link(receipt: Receipt) -> ReceiptLink:
    is_note = receipt.series == ReceiptSeries.CREDIT_NOTE
    amounts = receipt.document["amounts"]
    return ReceiptLink(
        receipt_id=receipt.pk,
        number=receipt.printed_number,
        title=_("Credit note") if is_note else _("Receipt"),
        item=receipt.document["table"]["rows"][0][0][0],
        url=reverse("receipt", args=[receipt.pk]),
        year=receipt.year,
        issued_at=receipt.issued_at,
        amount_minor=amounts["gross_minor"],
        currency=amounts["currency"],
        is_note=is_note,
        is_ready=receipt.drawn_at is not None,
    )
