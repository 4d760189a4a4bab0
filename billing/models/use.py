"""Use that was paid from credit, as it was booked."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Line
from lib.money import Money
from lib.uuid7 import uuid7


class CreditUse(models.Model):
    """What a line used on a day (its own) of a unit in a country beyond its allowances, as far as credit paid for it: `amount` in the
    unit's base for `cost_minor`, `rate_minor` for each `rate_per`. A day may have several, one for each time records came. Insert only.

    The sums of a day's rows are that day's use at the rate, rounded down once, and the VAT in it, rounded once.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="credit_uses", verbose_name=_("line"))
    day = models.DateField(_("day"))
    unit = models.CharField(_("unit"), max_length=5)
    country = models.CharField(_("country"), max_length=2)
    amount = models.BigIntegerField(_("amount"))
    rate_minor = models.BigIntegerField(_("rate in minor units"))
    rate_per = models.BigIntegerField(_("for so much"))
    cost_minor = models.BigIntegerField(_("cost in minor units, VAT included"))
    currency = models.CharField(_("currency"), max_length=3)
    vat_country = models.CharField(_("VAT of"), max_length=2)
    vat_percent = models.DecimalField(_("VAT rate"), max_digits=5, decimal_places=2)
    net_minor = models.BigIntegerField(_("net in minor units"))
    vat_minor = models.BigIntegerField(_("VAT in minor units"))
    booked_at = models.DateTimeField(_("booked"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("use paid from credit")
        verbose_name_plural = _("use paid from credit")
        ordering = ["-id"]
        indexes = [models.Index(fields=["line", "day"], name="credit_use_of_line")]
        constraints = [
            models.CheckConstraint(
                name="credit_use_in_bounds",
                condition=models.Q(amount__gt=0, rate_minor__gt=0, rate_per__gt=0, cost_minor__gte=0),
            ),
            models.CheckConstraint(
                name="credit_use_adds_up", condition=models.Q(cost_minor=models.F("net_minor") + models.F("vat_minor"))
            ),
        ]
        triggers = [pgtrigger.Protect(name="credit_use_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.day} {self.unit} {self.country} {self.cost}"

    @property
    def cost(self) -> Money:
        """VAT included."""
        return Money(self.cost_minor, self.currency)
