"""An outage or planned works, as pages tell of them."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

#: Planned works are told so long ahead.
AHEAD = timedelta(hours=48)


class NoticeKind(models.TextChoices):
    OUTAGE = "outage", _("outage")
    WORKS = "works", _("planned works")


class NoticePlace(models.TextChoices):
    LANDING = "landing", _("first page")
    HOME = "home", _("home")
    PLANS = "plans", _("plans")
    ORDERS = "orders", _("orders and paying")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def shown_at(self, now: datetime) -> "NoticeQuerySet":
        """Those that pages tell of at `now`, what is out before what is planned."""
        begun = models.Q(from_at__lte=now) | models.Q(kind=NoticeKind.WORKS, from_at__lte=now + AHEAD)
        is_over = models.Q(until_at__isnull=False, until_at__lte=now)
        return self.filter(begun).exclude(is_over).order_by("kind", "from_at", "pk")


class Notice(models.Model):
    """`texts`: by language, English always. Planned works have an end; an outage need not know its own. It is ended, never deleted."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=6, choices=NoticeKind)
    texts = models.JSONField(_("texts"))
    places = models.JSONField(_("shown on"))
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"), null=True, blank=True)
    made_by = models.CharField(_("made by"), max_length=60)
    made_at = models.DateTimeField(_("made"))

    objects: ClassVar[NoticeQuerySet] = NoticeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-from_at", "-id"]
        constraints = [
            models.CheckConstraint(name="notice_in_english", condition=models.Q(texts__has_key="en")),
            models.CheckConstraint(
                name="notice_in_order",
                condition=models.Q(until_at=None) | models.Q(until_at__gte=models.F("from_at")),
            ),
            models.CheckConstraint(
                name="notice_works_end", condition=~models.Q(kind="works") | models.Q(until_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.texts.get("en", ""))[:80]
