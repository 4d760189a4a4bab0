"""The gateway's notices, received once, handled any number of times."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class EventState(models.TextChoices):
    RECEIVED = "received", _("waiting")
    DONE = "done", _("handled")
    IGNORED = "ignored", _("not of interest")
    DEAD = "dead", _("gave up")


class WebhookEvent(models.Model):
    """Only ids are kept: what happened is asked at the gateway, and the notice may hold a payer's data."""

    event_id = models.CharField(_("event"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=120)
    object_id = models.CharField(_("object"), max_length=120)
    payment_id = models.UUIDField(_("payment"), null=True, blank=True)
    refund_id = models.UUIDField(_("refund"), null=True, blank=True)
    top_up_id = models.UUIDField(_("top-up for another's number"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=EventState, default=EventState.RECEIVED)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), db_default=Now())
    error = models.CharField(_("last error"), max_length=200, blank=True)
    happened_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("received"), db_default=Now(), editable=False)
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("gateway event")
        verbose_name_plural = _("gateway events")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["next_try_at"], name="webhook_waiting", condition=models.Q(state="received")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
