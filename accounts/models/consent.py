"""What somebody agreed to, in which version, when."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.subscriber import Subscriber


class Consent(models.Model):
    """One row each time: the kind of text (`terms`, `privacy`), its version from `brand/`, the time."""

    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="consents")
    kind = models.CharField(_("text"), max_length=40)
    text_version = models.CharField(_("version"), max_length=40)
    given_at = models.DateTimeField(_("given"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")

    def __str__(self) -> str:
        return f"{self.kind} {self.text_version}"
