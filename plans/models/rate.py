"""What use costs that no allowance covers."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from lib.money import Money
from plans.models.plan import Unit
from plans.models.zone import Zone


class ZoneRate(models.Model):
    """`price_minor` (VAT included) for each `per` of the unit's base (bytes, seconds, messages) used in the zone, on days of the line
    from `from_date` on. A rate is never changed: another one follows it.
    """

    zone = models.ForeignKey(Zone, models.PROTECT, related_name="rates", verbose_name=_("zone"))
    unit = models.CharField(_("unit"), max_length=5, choices=Unit)
    currency = models.CharField(_("currency"), max_length=3)
    price_minor = models.BigIntegerField(_("price in minor units, VAT included"))
    per = models.BigIntegerField(_("for so much"))
    from_date = models.DateField(_("from"))

    class Meta:
        verbose_name = _("rate")
        verbose_name_plural = _("rates")
        ordering = ["zone", "currency", "unit", "-from_date"]
        constraints = [
            models.UniqueConstraint(fields=["zone", "unit", "currency", "from_date"], name="zone_rate_once"),
            models.CheckConstraint(name="zone_rate_positive", condition=models.Q(price_minor__gt=0, per__gt=0)),
            models.CheckConstraint(name="zone_rate_currency_iso", condition=models.Q(currency__regex=r"^[A-Z]{3}$")),
        ]
        triggers = [pgtrigger.Protect(name="zone_rate_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.zone_id} {self.unit} {self.price}"

    @property
    def price(self) -> Money:
        """What each `per` costs, VAT included."""
        return Money(self.price_minor, self.currency)
