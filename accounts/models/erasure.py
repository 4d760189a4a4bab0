"""Somebody's wish that their account be deleted, which waits a week and can be taken back until then."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.subscriber import Subscriber
from lib.uuid7 import uuid7


class ErasureRequest(models.Model):
    """Open, kept (`cancelled_at`) or carried out (`erased_at`); one open a subscriber. Times are real."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="erasure_requests")
    asked_at = models.DateTimeField(_("asked"))
    due_at = models.DateTimeField(_("due"))
    cancelled_at = models.DateTimeField(_("taken back"), null=True, blank=True)
    erased_at = models.DateTimeField(_("carried out"), null=True, blank=True)

    class Meta:
        verbose_name = _("wish to be deleted")
        verbose_name_plural = _("wishes to be deleted")
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber"], name="erasure_one_open", condition=models.Q(cancelled_at=None, erased_at=None)
            ),
            models.CheckConstraint(
                name="erasure_kept_or_carried_out", condition=models.Q(cancelled_at=None) | models.Q(erased_at=None)
            ),
            models.CheckConstraint(
                name="erasure_not_before_due",
                condition=models.Q(erased_at=None) | models.Q(erased_at__gte=models.F("due_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="erasure_due", condition=models.Q(cancelled_at=None, erased_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id} {self.due_at:%Y-%m-%d}"
