"""The alarm row. Everything else down here has no table."""

from django.db import models
from django.db.models.functions import Now


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
