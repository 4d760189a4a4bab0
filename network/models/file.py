"""A file or a batch of usage records, how far it was read, and what of it could not be taken."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lib.uuid7 import uuid7


class UsageFileState(models.TextChoices):
    LOADING = "loading", _("being loaded")
    DONE = "done", _("loaded")


class UsageFile(models.Model):
    """Known by its content: the same file again is the same row, and goes on after `rows_read` if it was not finished.

    `rows_new` were taken, `rows_known` had come before, `rows_wrong` have a row each in `UsageRowError`.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    source = models.SlugField(_("source"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    state = models.CharField(_("state"), max_length=7, choices=UsageFileState, default=UsageFileState.LOADING)
    rows_read = models.BigIntegerField(_("rows read"), default=0)
    rows_new = models.BigIntegerField(_("new"), default=0)
    rows_known = models.BigIntegerField(_("known before"), default=0)
    rows_wrong = models.BigIntegerField(_("not taken"), default=0)
    begun_at = models.DateTimeField(_("begun"), db_default=Now(), editable=False)
    done_at = models.DateTimeField(_("loaded at"), null=True, blank=True)

    class Meta:
        verbose_name = _("usage file")
        verbose_name_plural = _("usage files")
        ordering = ["-begun_at"]
        constraints = [models.UniqueConstraint(fields=["source", "sha256"], name="usage_file_once")]
        triggers = [pgtrigger.Protect(name="usage_file_is_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.name


class UsageRowError(models.Model):
    """One row that could not be taken: where it stands (`row`, from 1 without the header), why, and as much of it as helps."""

    file = models.ForeignKey(UsageFile, models.PROTECT, related_name="errors", verbose_name=_("usage file"))
    row = models.BigIntegerField(_("row"))
    reason = models.CharField(_("reason"), max_length=20)
    record_id = models.CharField(_("record"), max_length=80, blank=True)
    msisdn = models.CharField(_("number"), max_length=40, blank=True)
    told = models.CharField(_("what it says"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("usage row not taken")
        verbose_name_plural = _("usage rows not taken")
        ordering = ["file", "row"]
        constraints = [models.UniqueConstraint(fields=["file", "row"], name="usage_row_error_once")]

    def __str__(self) -> str:
        return f"{self.row} {self.reason}"
