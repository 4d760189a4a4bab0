"""What outside sellers told us: what they sold, and what of it they took back. Each once by the seller's own reference."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models import Order, RefundRequest
from lib.money import Money
from lib.msisdn import E164_PATTERN
from lib.uuid7 import uuid7

_KEPT = pgtrigger.Update | pgtrigger.Delete


class ExternalTopUp(models.Model):
    """A sale as `source` told it, and the order it became. `place`: as subscribers are told it; `till`: for the seller's own sums."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    source = models.SlugField(_("source"), max_length=40, db_index=False)
    reference = models.CharField(_("reference"), max_length=80)
    order = models.OneToOneField(Order, models.PROTECT, related_name="external_top_up", verbose_name=_("order"))
    msisdn = models.CharField(_("number"), max_length=16)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    plan = models.CharField(_("plan"), max_length=50, blank=True)
    paid_at = models.DateTimeField(_("paid at"))
    place = models.CharField(_("place"), max_length=40, blank=True)
    till = models.CharField(_("till"), max_length=40, blank=True)
    received_at = models.DateTimeField(_("told us"))

    class Meta:
        verbose_name = _("outside top-up")
        verbose_name_plural = _("outside top-ups")
        ordering = ["-received_at", "-id"]
        indexes = [models.Index(fields=["source", "-paid_at"], name="external_top_up_source_paid")]
        constraints = [
            models.UniqueConstraint(fields=["source", "reference"], name="external_top_up_once"),
            models.CheckConstraint(name="external_top_up_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(name="external_top_up_e164", condition=models.Q(msisdn__regex=E164_PATTERN)),
        ]
        triggers = [pgtrigger.Protect(name="external_top_up_is_kept", operation=_KEPT)]

    def __str__(self) -> str:
        return f"{self.source} {self.reference}"

    @property
    def paid(self) -> Money:
        return Money(self.amount_minor, self.currency)


class ExternalReversal(models.Model):
    """A sale that its seller took back, whole."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    source = models.SlugField(_("source"), max_length=40, db_index=False)
    reference = models.CharField(_("reference"), max_length=80)
    top_up = models.OneToOneField(
        ExternalTopUp, models.PROTECT, related_name="reversal", verbose_name=_("outside top-up")
    )
    request = models.OneToOneField(
        RefundRequest, models.PROTECT, related_name="external_reversal", verbose_name=_("refund request")
    )
    received_at = models.DateTimeField(_("told us"))

    class Meta:
        verbose_name = _("outside top-up taken back")
        verbose_name_plural = _("outside top-ups taken back")
        ordering = ["-received_at"]
        constraints = [models.UniqueConstraint(fields=["source", "reference"], name="external_reversal_once")]
        triggers = [pgtrigger.Protect(name="external_reversal_is_kept", operation=_KEPT)]

    def __str__(self) -> str:
        return f"{self.source} {self.reference}"
