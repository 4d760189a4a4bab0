"""The card or profile in a line."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.line import Line


class SimKind(models.TextChoices):
    SIM = "sim", _("SIM card")
    ESIM = "esim", _("eSIM")


class SimQuerySet(models.QuerySet["Sim"]):
    def in_use(self) -> "SimQuerySet":
        """Those that are in their line now, oldest first."""
        return self.filter(until_at=None).order_by("from_at", "id")


class Sim(models.Model):
    """Named by its ICCID (ITU-T E.118: begins with 89, 18 to 20 digits)."""

    line = models.ForeignKey(Line, models.PROTECT, related_name="sims")
    iccid = models.CharField("ICCID", max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=5, choices=SimKind, default=SimKind.SIM)
    from_at = models.DateTimeField(_("from"), db_default=Now())
    until_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = SimQuerySet.as_manager()

    class Meta:
        verbose_name = "SIM"
        verbose_name_plural = _("SIMs")
        constraints = [
            models.CheckConstraint(name="sim_iccid_e118", condition=models.Q(iccid__regex=r"^89[0-9]{16,18}$")),
        ]

    def __str__(self) -> str:
        return self.iccid
