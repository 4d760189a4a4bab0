"""Data that a line has given to another one."""

from datetime import datetime, timedelta

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Line, Subscriber
from lib.uuid7 import uuid7
from plans.models.allowance import Allowance

STEP_BYTES = 500_000_000
#: How long it can be taken back by whoever gave it.
UNDO_FOR = timedelta(minutes=10)


class AllowanceGift(models.Model):
    """`amount_bytes` of `source`, which counts them as `gifted`, became `received`, an allowance of its own on another line.

    `undone_at`: taken back by its giver, `given_back_bytes` of it that were not used. `forfeited_at`: it was not paid for in the end, so
    that what is left of it cannot be used. `form_token`: one form of the giving line gives once.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    from_line = models.ForeignKey(Line, models.PROTECT, related_name="gifts_given", verbose_name=_("from"))
    to_line = models.ForeignKey(Line, models.PROTECT, related_name="gifts_received", verbose_name=_("to"))
    source = models.ForeignKey(Allowance, models.PROTECT, related_name="gifts", verbose_name=_("out of"))
    received = models.OneToOneField(Allowance, models.PROTECT, related_name="gift", verbose_name=_("received as"))
    amount_bytes = models.BigIntegerField(_("amount"))
    given_by = models.ForeignKey(Subscriber, models.PROTECT, related_name="gifts", verbose_name=_("given by"))
    given_at = models.DateTimeField(_("given at"))
    undone_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    given_back_bytes = models.BigIntegerField(_("of which taken back"), default=0)
    forfeited_at = models.DateTimeField(_("not paid for, since"), null=True, blank=True)
    form_token = models.UUIDField()

    class Meta:
        verbose_name = _("gift of data")
        verbose_name_plural = _("gifts of data")
        ordering = ["-given_at", "-id"]
        indexes = [
            models.Index(fields=["from_line", "given_at"], name="gift_from_given"),
            models.Index(fields=["to_line", "given_at"], name="gift_to_given"),
            models.Index(fields=["given_at"], name="gift_standing", condition=models.Q(undone_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["from_line", "form_token"], name="gift_form_once"),
            models.CheckConstraint(name="gift_to_another", condition=~models.Q(from_line=models.F("to_line"))),
            models.CheckConstraint(
                name="gift_in_steps",
                condition=models.Q(amount_bytes__gt=0, amount_bytes=models.F("amount_bytes") / STEP_BYTES * STEP_BYTES),
            ),
            models.CheckConstraint(
                name="gift_back_when_undone",
                condition=models.Q(undone_at=None, given_back_bytes=0)
                | models.Q(
                    undone_at__isnull=False, given_back_bytes__gt=0, given_back_bytes__lte=models.F("amount_bytes")
                ),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="gift_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="gift_stays_itself",
                fields=[
                    "from_line",
                    "to_line",
                    "source",
                    "received",
                    "amount_bytes",
                    "given_by",
                    "given_at",
                    "form_token",
                ],
            ),
            pgtrigger.Protect(
                name="gift_undone_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__undone_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_bytes} {self.given_at:%Y-%m-%d %H:%M}"

    @property
    def subject(self) -> str:
        """What messages and commands about it are about, and what its allowance was granted for."""
        return subject_of(self.pk)

    @property
    def stays_bytes(self) -> int:
        """What of it was not taken back."""
        return self.amount_bytes - self.given_back_bytes

    @property
    def undo_until(self) -> datetime:
        return self.given_at + UNDO_FOR


def subject_of(gift_id: object) -> str:
    return f"gift:{gift_id}"
