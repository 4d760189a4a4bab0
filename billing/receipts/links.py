"""Receipts as pages list them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import Order, Receipt, ReceiptSeries


@dataclass(frozen=True)
class ReceiptLink:
    number: str
    title: str
    url: str
    is_ready: bool
    issued_at: datetime
    sum: str


def of_order(order: Order) -> list[ReceiptLink]:
    """The receipt of an order and its credit notes, oldest first."""
    return links(order.receipts.order_by("issued_at", "id"))


def links(receipts: Iterable[Receipt]) -> list[ReceiptLink]:
    """Receipts in the reader's language."""
    return [
        ReceiptLink(
            number=receipt.printed_number,
            title=_("Credit note") if receipt.series == ReceiptSeries.CREDIT_NOTE else _("Receipt"),
            url=reverse("receipt", args=[receipt.pk]),
            is_ready=receipt.drawn_at is not None,
            issued_at=receipt.issued_at,
            sum=receipt.document["sum"][1],
        )
        for receipt in receipts
    ]
