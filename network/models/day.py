"""Usage by day, for pages and for what stays when records are forgotten."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Line
from plans.models import Unit


class UsageDay(models.Model):
    """What a line used of a unit in a country on a day of its own time zone: of which `by_credit` was paid from credit, for `cost_minor`
    with `vat_minor` in it, and `overrun` nobody paid for. The rest was covered by allowances.
    """

    line = models.ForeignKey(Line, models.PROTECT, related_name="usage_days", verbose_name=_("line"))
    day = models.DateField(_("day"))
    unit = models.CharField(_("unit"), max_length=5, choices=Unit)
    country = models.CharField(_("country"), max_length=2)
    amount = models.BigIntegerField(_("amount"))
    overrun = models.BigIntegerField(_("not covered"), default=0)
    by_credit = models.BigIntegerField(_("paid from credit"), db_default=0)
    cost_minor = models.BigIntegerField(_("cost in minor units, VAT included"), db_default=0)
    vat_minor = models.BigIntegerField(_("VAT in minor units"), db_default=0)
    records_count = models.BigIntegerField(_("records"))

    class Meta:
        verbose_name = _("usage of a day")
        verbose_name_plural = _("usage by day")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["line", "day", "unit", "country"], name="usage_day_once"),
            models.CheckConstraint(
                name="usage_day_in_bounds",
                condition=models.Q(
                    amount__gte=models.F("overrun") + models.F("by_credit"),
                    overrun__gte=0,
                    by_credit__gte=0,
                    cost_minor__gte=models.F("vat_minor"),
                    vat_minor__gte=0,
                    records_count__gt=0,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.unit}"
