"""Taking a number to another operator: the lock that stands before it, and the code."""

from datetime import datetime, timedelta

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.line import Line
from accounts.models.subscriber import Subscriber
from lib.uuid7 import uuid7

#: An opened lock closes by itself, so that nobody forgets it.
OPEN_FOR = timedelta(days=7)
PORT_CODE_FOR = timedelta(days=30)


class NumberUnlock(models.Model):
    """A line's number is locked unless one of these is open now; times are real ones."""

    line = models.ForeignKey(Line, models.PROTECT, related_name="number_unlocks")
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    ended_at = models.DateTimeField(_("locked again"), null=True, blank=True)
    by_second_factor = models.BooleanField(_("by second factor"), default=False)

    class Meta:
        verbose_name = _("opened number lock")
        verbose_name_plural = _("opened number locks")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["line"], name="unlock_one_open", condition=Q(ended_at=None)),
            models.CheckConstraint(name="unlock_closes_later", condition=Q(closes_at__gt=F("opens_at"))),
            models.CheckConstraint(
                name="unlock_waits_a_day",
                condition=Q(by_second_factor=True) | Q(opens_at__gte=F("asked_at") + timedelta(hours=24)),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="unlock_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="unlock_stays_itself",
                fields=["line", "subscriber", "asked_at", "opens_at", "closes_at", "by_second_factor"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.opens_at:%Y-%m-%d}"

    def is_open(self, real_now: datetime) -> bool:
        return self.ended_at is None and self.opens_at <= real_now < self.closes_at


class PortOutCode(models.Model):
    """What the next operator asks for. Its owner may read it as long as it is good; the core is told its hash."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="port_out_codes")
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="+")
    code_sealed = models.BinaryField(null=True, blank=True, editable=False)
    made_at = models.DateTimeField(_("made"))
    until_at = models.DateTimeField(_("good until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("port-out code")
        verbose_name_plural = _("port-out codes")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["line"], name="port_code_one_good", condition=Q(revoked_at=None)),
            models.CheckConstraint(name="port_code_ends_later", condition=Q(until_at__gt=F("made_at"))),
            models.CheckConstraint(name="port_code_forgotten", condition=Q(revoked_at=None) | Q(code_sealed=None)),
        ]
        triggers = [
            pgtrigger.Protect(name="port_code_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="port_code_stays_itself", fields=["line", "subscriber", "made_at", "until_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.made_at:%Y-%m-%d}"
