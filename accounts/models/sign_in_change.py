"""What was changed in how somebody signs in, as long as it can be undone by who was told of it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.subscriber import Subscriber


class SignInPart(models.TextChoices):
    EMAIL = "email", _("e-mail")
    NUMBER = "number", _("mobile number")
    PASSWORD = "password", _("password")
    FACTOR = "factor", _("passkey or second factor")


class SignInChange(models.Model):
    """One notice with a link. `former` is the e-mail or number before, `told_to` the address the link went to; times are real."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="sign_in_changes")
    part = models.CharField(_("what"), max_length=10, choices=SignInPart)
    former = models.CharField(_("before"), max_length=254, blank=True)
    told_to = models.EmailField(_("told to"))
    changed_at = models.DateTimeField(_("changed"))
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("change of how somebody signs in")
        verbose_name_plural = _("changes of how somebody signs in")

    def __str__(self) -> str:
        return f"{self.subscriber_id} {self.part}"
