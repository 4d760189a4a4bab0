"""Numbered documents of what was paid and what was given back."""

import re

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.models.order import Order
from billing.models.refund import RefundRequest
from lib.uuid7 import uuid7


class ReceiptSeries(models.TextChoices):
    SALE = "sale", _("receipt")
    TOP_UP = "top_up", _("receipt of a top-up")
    CREDIT_NOTE = "credit_note", _("credit note")


class ReceiptEdition(models.Model):
    """Numbers begin anew under a mark of their own when a backup has been restored: those given after it are known to others."""

    mark = models.CharField(max_length=8, unique=True)
    since_at = models.DateTimeField()

    class Meta:
        ordering = ["since_at", "id"]
        triggers = [pgtrigger.Protect(name="receipt_edition_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.mark


class ReceiptCounter(models.Model):
    """The last number of a series in a year and edition; its row lock makes the numbers one after the other."""

    id = models.BigAutoField(primary_key=True)
    series = models.CharField(max_length=11, choices=ReceiptSeries)
    year = models.PositiveSmallIntegerField()
    mark = models.CharField(max_length=8, blank=True, default="")
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year", "mark"], name="receipt_counter_unique")]

    def __str__(self) -> str:
        return f"{self.series} {self.year}"


class ReceiptManager(models.Manager["Receipt"]):
    """The file is read only where it is asked for: lists would drag it along."""

    def get_queryset(self) -> models.QuerySet["Receipt"]:
        return super().get_queryset().defer("pdf")

    def numbered(self, printed: str) -> "list[Receipt]":
        """Whose number reads `printed`, in capitals or not: one, or none."""
        found = re.fullmatch(r".*-([0-9]{4})(?:-[0-9]{8})?-([0-9]{1,9})", printed)
        rows = self.filter(year=int(found[1]), number=int(found[2])) if found else self.none()
        return [row for row in rows.select_related("order") if row.printed_number.casefold() == printed.casefold()]


class Receipt(models.Model):
    """`document` holds everything that is printed, frozen; `pdf` is drawn from it later and can be drawn again."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    series = models.CharField(_("series"), max_length=11, choices=ReceiptSeries)
    year = models.PositiveSmallIntegerField(_("year"))
    mark = models.CharField(_("edition"), max_length=8, blank=True, default="")
    number = models.PositiveIntegerField(_("number"))
    order = models.ForeignKey(Order, models.PROTECT, related_name="receipts", verbose_name=_("order"))
    request = models.OneToOneField(
        RefundRequest, models.PROTECT, null=True, blank=True, related_name="receipt", verbose_name=_("refund request")
    )
    language = models.CharField(_("language"), max_length=10)
    document = models.JSONField(_("document"))
    issued_at = models.DateTimeField(_("issued"))
    pdf = models.BinaryField(_("PDF"), null=True, blank=True)
    drawn_at = models.DateTimeField(_("drawn"), null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ReceiptManager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-issued_at", "-id"]
        indexes = [
            models.Index(fields=["created_at"], name="receipt_not_drawn", condition=models.Q(drawn_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "mark", "number"], name="receipt_number_unique"),
            models.UniqueConstraint(
                fields=["order"], name="receipt_one_an_order", condition=~models.Q(series="credit_note")
            ),
            models.CheckConstraint(
                name="receipt_credit_note_has_request",
                condition=models.Q(series="credit_note", request__isnull=False)
                | (~models.Q(series="credit_note") & models.Q(request=None)),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="receipt_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="receipt_is_frozen", exclude=["pdf", "drawn_at"]),
        ]

    def __str__(self) -> str:
        return self.printed_number

    @property
    def printed_number(self) -> str:
        """`S-2026-000123`, or `S-2026-11231504-000123` after a restore at that moment; as it was issued."""
        return str(self.document["number"])
