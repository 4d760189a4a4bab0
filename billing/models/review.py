"""Held money that needs a decision: the payer is told, staff see its age."""

from uuid import UUID

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
    REFUND_FAILED = "refund_failed", _("could not be given back")
    REFUND_NEEDS_PAYER = "refund_needs_payer", _("a refund waits for the payer's bank data")
    REFUND_BY_GATEWAY = "refund_by_gateway", _("given back in the gateway's dashboard")
    DISPUTE = "dispute", _("the payer's bank took the money back")
    DIFFERENCE = "difference", _("the gateway's books and ours differ")


#: Kinds that are about money held for an order. All others are about something to look into.
HELD_KINDS = (
    ReviewKind.OVER,
    ReviewKind.SHORT,
    ReviewKind.OTHER_CURRENCY,
    ReviewKind.LATE,
    ReviewKind.CANCELLED,
    ReviewKind.TWICE,
    ReviewKind.NOT_APPLICABLE,
    ReviewKind.REFUND_FAILED,
)


class ReviewOutcome(models.TextChoices):
    GIVEN_BACK = "given_back", _("given back")
    KEPT_AS_CREDIT = "kept_as_credit", _("kept as credit")
    APPLIED = "applied", _("applied")
    PAID_BY_HAND = "paid_by_hand", _("paid out by hand")
    SETTLED = "settled", _("settled by itself")
    LOOKED_INTO = "looked_into", _("looked into")


class ReviewItem(models.Model):
    """One open item a subject. Held money: one an order and currency, about whatever of it is held."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    subject = models.CharField(_("about"), max_length=120)
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="review_items", verbose_name=_("order")
    )
    kind = models.CharField(_("why"), max_length=20, choices=ReviewKind)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    detail = models.CharField(_("detail"), max_length=400, blank=True)
    owner = models.CharField(_("looked after by"), max_length=60, blank=True)
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
                fields=["subject"], name="review_one_open_a_subject", condition=models.Q(closed_at=None)
            ),
            models.CheckConstraint(
                name="review_held_money_has_order",
                condition=models.Q(order__isnull=False) & ~models.Q(currency="")
                | ~models.Q(
                    kind__in=[
                        "over",
                        "short",
                        "other_currency",
                        "late",
                        "cancelled",
                        "twice",
                        "not_applicable",
                        "refund_failed",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="review_closed_with_outcome",
                condition=models.Q(closed_at=None, outcome="")
                | (models.Q(closed_at__isnull=False) & ~models.Q(outcome="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def held_order(self) -> Order:
        """The order whose money is held; the database holds that there is one."""
        if self.order is None:
            raise ValueError(f"{self} is not about held money")
        return self.order

    @property
    def is_about_held_money(self) -> bool:
        return self.kind in HELD_KINDS


def held_subject(order_id: UUID, currency: str) -> str:
    """The subject of the item about what is held for an order in one currency."""
    return f"held:{order_id}:{currency}"
