"""What of a record was paid from credit."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models import CreditUse


class UsageCreditCharge(models.Model):
    """`amount` of a record in the unit's base, for `cost_minor` of the line's credit (VAT included), booked with the day's others as
    `booking`. Partitioned by month of use like the records.
    """

    pk = models.CompositePrimaryKey("used_at", "source", "record_id")
    source = models.SlugField(_("source"), max_length=40)
    record_id = models.CharField(_("record"), max_length=80)
    used_at = models.DateTimeField(_("used"))
    booking = models.ForeignKey(
        CreditUse, models.DO_NOTHING, related_name="charges", verbose_name=_("booking"), db_constraint=False
    )
    amount = models.BigIntegerField(_("amount"))
    cost_minor = models.BigIntegerField(_("cost in minor units"))

    class Meta:
        managed = False
        db_table = "network_usagecreditcharge"
        verbose_name = _("usage paid from credit")
        verbose_name_plural = _("usage paid from credit")

    def __str__(self) -> str:
        return f"{self.record_id} {self.amount}"
