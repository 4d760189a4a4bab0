"""VAT by country, tax class and date."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class VatRate(models.Model):
    """`percent` holds in `country` (ISO 3166) for `tax_class` from `from_date` until a later row."""

    country = models.CharField(_("country"), max_length=2)
    tax_class = models.SlugField(_("tax class"), default="telecom")
    from_date = models.DateField(_("from"))
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2)

    class Meta:
        verbose_name = _("VAT rate")
        verbose_name_plural = _("VAT rates")
        ordering = ["country", "-from_date"]
        constraints = [
            models.UniqueConstraint(fields=["country", "tax_class", "from_date"], name="vat_rate_unique"),
            models.CheckConstraint(name="vat_percent_sane", condition=models.Q(percent__gte=0, percent__lt=50)),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.percent} %"
