"""A line's stretch of time on a plan."""

from datetime import datetime

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Line
from lib.uuid7 import uuid7
from plans.models.plan import Plan, PlanKind

#: The one constraint that `periods.reflow()` may defer.
NO_OVERLAP = "period_no_overlap"


class TsTzRange(models.Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class PlanPeriodQuerySet(models.QuerySet["PlanPeriod"]):
    def standing(self) -> "PlanPeriodQuerySet":
        return self.filter(cancelled_at=None)

    def running(self, now: datetime) -> "PlanPeriodQuerySet":
        return self.standing().filter(starts_at__lte=now, ends_at__gt=now)

    def queued(self, now: datetime) -> "PlanPeriodQuerySet":
        return self.standing().filter(starts_at__gt=now)

    def past(self, now: datetime) -> "PlanPeriodQuerySet":
        return self.standing().filter(ends_at__lte=now)


class PlanPeriod(models.Model):
    """`[starts_at, ends_at)` in UTC; running, queued or past follow from the clock. `origin` says what granted it, once."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="periods", verbose_name=_("line"))
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="periods", verbose_name=_("plan"))
    kind = models.CharField(_("kind"), max_length=6, choices=PlanKind)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    anchor_at = models.DateTimeField(_("anchor"))
    anchor_step = models.PositiveSmallIntegerField(_("months from the anchor to the end"), default=0)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    origin = models.CharField(_("granted by"), max_length=80, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = PlanPeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan period")
        verbose_name_plural = _("plan periods")
        ordering = ["starts_at"]
        indexes = [
            models.Index(fields=["line", "ends_at"], name="period_line_ends"),
            models.Index(fields=["ends_at"], name="period_ends", condition=models.Q(cancelled_at=None)),
        ]
        constraints = [
            models.CheckConstraint(name="period_in_order", condition=models.Q(ends_at__gt=models.F("starts_at"))),
            ExclusionConstraint(
                name=NO_OVERLAP,
                expressions=[  # the line first: whoever asks for a line's periods may be answered from this index
                    ("line", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=models.Q(kind="plan", cancelled_at=None),
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="period_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="period_stays_itself", fields=["line", "plan", "kind", "origin"]),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.starts_at:%Y-%m-%d %H:%M} – {self.ends_at:%Y-%m-%d %H:%M}"
