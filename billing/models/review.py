"""Held money that needs a decision: the payer is told, staff see its age."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.order import Order
from lib.uuid7 import uuid7


class ReviewKind(models.TextChoices):
    OVER = "over", _("more was paid than asked for")
    SHORT = "short", _("less was paid than asked for")
    OTHER_CURRENCY = "other_currency", _("paid in another currency")
    LATE = "late", _("paid after the order had expired, and no longer sold at that price")
    CANCELLED = "cancelled", _("paid after the order was cancelled")
    TWICE = "twice", _("paid a second time")
    NOT_APPLICABLE = "not_applicable", _("the line cannot take it")


class ReviewOutcome(models.TextChoices):
    GIVEN_BACK = "given_back", _("given back")
    KEPT_AS_CREDIT = "kept_as_credit", _("kept as credit")
    APPLIED = "applied", _("applied")


class ReviewItem(models.Model):
    """One open item an order and currency: whatever of it is held is what the item is about."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="review_items", verbose_name=_("order"))
    kind = models.CharField(_("why"), max_length=15, choices=ReviewKind)
    currency = models.CharField(_("currency"), max_length=3)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=15, choices=ReviewOutcome, blank=True)
    actor = models.CharField(_("by"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("review item")
        verbose_name_plural = _("review items")
        ordering = ["opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "currency"], name="review_one_open", condition=models.Q(closed_at=None)
            ),
            models.CheckConstraint(
                name="review_closed_with_outcome",
                condition=models.Q(closed_at=None, outcome="")
                | (models.Q(closed_at__isnull=False) & ~models.Q(outcome="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.order_id}"
