"""A wish for a line that somebody else owns: the owner is told and has a day to say no."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.line import Line
from accounts.models.subscriber import Subscriber
from lib.uuid7 import uuid7


class LineClaim(models.Model):
    """Opened by an SMS proof on an owned line; decided by time or by the owner's veto."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="claims")
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="claims")
    opened_at = models.DateTimeField(_("opened"))
    decides_at = models.DateTimeField(_("decides"))
    vetoed_at = models.DateTimeField(_("refused by the owner"), null=True, blank=True)
    granted_at = models.DateTimeField(_("granted"), null=True, blank=True)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.UniqueConstraint(
                fields=["line", "subscriber"],
                name="claim_one_open",
                condition=models.Q(vetoed_at=None, granted_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.subscriber_id}"
