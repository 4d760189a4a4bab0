"""What the network says was used, and what each use was charged to. Both tables are partitioned by month of use (network.partitions)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Line
from plans.models import Allowance, GroupMember, Unit


class UsageRecord(models.Model):
    """One use, unique by source, id and time: `amount` in the unit's base (bytes, seconds, messages) in `country` (ISO 3166).

    `overrun`: what of it no allowance covered. It was let through, and is never charged later. Insert only but for `overrun`.
    """

    pk = models.CompositePrimaryKey("used_at", "source", "record_id")
    source = models.SlugField(_("source"), max_length=40)
    record_id = models.CharField(_("record"), max_length=80)
    used_at = models.DateTimeField(_("used"))
    line = models.ForeignKey(Line, models.DO_NOTHING, related_name="usage", verbose_name=_("line"), db_constraint=False)
    unit = models.CharField(_("unit"), max_length=5, choices=Unit)
    amount = models.BigIntegerField(_("amount"))
    country = models.CharField(_("country"), max_length=2)
    overrun = models.BigIntegerField(_("not covered"), default=0)

    class Meta:
        managed = False
        db_table = "network_usagerecord"
        verbose_name = _("usage record")
        verbose_name_plural = _("usage records")

    def __str__(self) -> str:
        return f"{self.source} {self.record_id}"


class UsageCharge(models.Model):
    """How much of a record was taken from an allowance; all of an allowance's charges and what it began with are its `used`.

    `member`: as whom, where the record is of a line that shares the allowance; else it is of the allowance's own line.
    """

    pk = models.CompositePrimaryKey("used_at", "source", "record_id", "allowance_id")
    source = models.SlugField(_("source"), max_length=40)
    record_id = models.CharField(_("record"), max_length=80)
    used_at = models.DateTimeField(_("used"))
    allowance = models.ForeignKey(
        Allowance, models.DO_NOTHING, related_name="charges", verbose_name=_("allowance"), db_constraint=False
    )
    amount = models.BigIntegerField(_("amount"))
    member = models.ForeignKey(
        GroupMember,
        models.DO_NOTHING,
        null=True,
        related_name="charges",
        verbose_name=_("group member"),
        db_constraint=False,
    )

    class Meta:
        managed = False
        db_table = "network_usagecharge"
        verbose_name = _("usage charge")
        verbose_name_plural = _("usage charges")

    def __str__(self) -> str:
        return f"{self.record_id} {self.amount}"
