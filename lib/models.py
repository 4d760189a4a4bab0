"""The alarm and the audit row. Everything else down here has no table."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Alarm(models.Model):
    """Something a person must look at. Written by `lib.alarm.alarm`, mailed at most once a kind an hour."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=200, help_text="What it is about, as an id; never personal data.")
    detail = models.TextField(blank=True)
    raised_at = models.DateTimeField(db_default=Now())
    mailed_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "-raised_at"], name="alarm_kind_raised")]
        ordering = ["-raised_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Audit(models.Model):
    """One act of one of the staff: who did what to what, why, from where. Insert only (OWASP ASVS 5.0, 16.2.1 and 16.4.2)."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("when"), db_default=Now(), editable=False)
    actor = models.CharField(_("by"), max_length=60)
    deed = models.CharField(_("what"), max_length=60)
    subject = models.CharField(_("about"), max_length=120)
    line_id = models.UUIDField(_("line"), null=True, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    address = models.CharField(_("from"), max_length=45, blank=True)

    class Meta:
        verbose_name = _("act of staff")
        verbose_name_plural = _("acts of staff")
        indexes = [
            models.Index(fields=["line_id", "-at"], name="audit_line_at"),
            models.Index(fields=["subject", "-at"], name="audit_subject_at"),
        ]
        ordering = ["-id"]
        triggers = [pgtrigger.Protect(name="audit_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.deed} {self.subject}"
