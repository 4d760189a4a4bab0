"""Where in the world something works."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from plans.wording import Wording


class Zone(models.Model):
    """A set of countries in which an allowance may be used."""

    code = models.SlugField(unique=True)
    name = models.JSONField(_("name by language"), default=dict)

    class Meta:
        verbose_name = _("zone")
        verbose_name_plural = _("zones")

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return Wording(self.name).text


class ZoneCountry(models.Model):
    zone = models.ForeignKey(Zone, models.CASCADE, related_name="countries")
    country = models.CharField(_("country"), max_length=2)

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        constraints = [
            models.UniqueConstraint(fields=["zone", "country"], name="zone_country_unique"),
            models.CheckConstraint(name="zone_country_iso", condition=models.Q(country__regex=r"^[A-Z]{2}$")),
        ]

    def __str__(self) -> str:
        return self.country
