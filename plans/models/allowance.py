"""A bucket of bytes, seconds or messages."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Line
from lib.uuid7 import uuid7
from plans.models.period import PlanPeriod
from plans.models.plan import Unit
from plans.models.zone import Zone


class Allowance(models.Model):
    """What is granted, used and given on between `starts_at` and `expires_at`; `granted` is null when unlimited."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="allowances", verbose_name=_("line"))
    period = models.ForeignKey(
        PlanPeriod, models.PROTECT, null=True, blank=True, related_name="allowances", verbose_name=_("period")
    )
    unit = models.CharField(_("unit"), max_length=5, choices=Unit)
    granted = models.BigIntegerField(_("granted"), null=True, blank=True)
    full_speed_amount = models.BigIntegerField(_("amount at full speed"), null=True, blank=True)
    speed_after_kbit = models.PositiveIntegerField(_("speed after, kbit/s"), null=True, blank=True)
    zone_cap = models.BigIntegerField(_("of which outside the home country"), null=True, blank=True)
    used = models.BigIntegerField(_("used"), default=0)
    used_abroad = models.BigIntegerField(_("of which used outside the home country"), default=0)
    gifted = models.BigIntegerField(_("given on"), default=0)
    starts_at = models.DateTimeField(_("from"))
    expires_at = models.DateTimeField(_("until"))
    zone = models.ForeignKey(Zone, models.PROTECT, verbose_name=_("zone"))
    origin = models.CharField(_("granted by"), max_length=80)
    frozen_at = models.DateTimeField(_("frozen"), null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("allowance")
        verbose_name_plural = _("allowances")
        ordering = ["expires_at", "id"]
        indexes = [models.Index(fields=["line", "expires_at"], name="allowance_line_expires")]
        constraints = [
            models.UniqueConstraint(fields=["origin", "unit"], name="allowance_origin_unit_unique"),
            models.CheckConstraint(
                name="allowance_within_grant",
                condition=models.Q(granted=None) | models.Q(granted__gte=models.F("used") + models.F("gifted")),
            ),
            models.CheckConstraint(name="allowance_not_negative", condition=models.Q(used__gte=0, gifted__gte=0)),
            models.CheckConstraint(  # only what was bought is given on, never a gift
                name="allowance_gives_what_was_bought",
                condition=models.Q(gifted=0) | models.Q(unit="data", granted__isnull=False, period__isnull=False),
            ),
            models.CheckConstraint(
                name="allowance_within_abroad_cap",
                condition=models.Q(used_abroad__gte=0, used_abroad__lte=models.F("used"))
                & (models.Q(zone_cap=None) | models.Q(used_abroad__lte=models.F("zone_cap"))),
            ),
            models.CheckConstraint(name="allowance_in_order", condition=models.Q(expires_at__gt=models.F("starts_at"))),
        ]
        triggers = [
            pgtrigger.Protect(name="allowance_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="allowance_stays_itself", fields=["line", "period", "unit", "zone", "origin"]),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.granted}"

    @property
    def remaining(self) -> int | None:
        """What is left in the unit's base; None when unlimited."""
        return None if self.granted is None else self.granted - self.used - self.gifted

    @property
    def is_used_up(self) -> bool:
        """Nothing is left, or nothing at full speed."""
        if self.granted is None:
            return self.full_speed_amount is not None and self.used >= self.full_speed_amount
        return self.remaining == 0
