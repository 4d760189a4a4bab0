"""The gateway's own books of our balance there, kept beside ours."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.models.ledger import LedgerEntry


class MoveKind(models.TextChoices):
    PAYMENT = "payment", _("payment received")
    REFUND = "refund", _("given back")
    REFUND_FAILED = "refund_failed", _("refund that came back")
    DISPUTE = "dispute", _("taken back by a payer's bank")
    DISPUTE_WON = "dispute_won", _("dispute won")
    PAYOUT = "payout", _("paid out to our bank")
    PAYOUT_FAILED = "payout_failed", _("payout that came back")
    FEE = "fee", _("the gateway's fee")
    OTHER = "other", _("something the portal does not know")


class GatewayMove(models.Model):
    """One movement of our balance at the gateway, as it tells it; signed minor units, `fee_minor` is what it kept of it.

    `matched_at`: when its like was found in the ledger; `entry`: which that is. A refund that failed before it was ours has none.
    """

    id = models.BigAutoField(primary_key=True)
    gateway_id = models.CharField(_("movement at the gateway"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=13, choices=MoveKind)
    their_kind = models.CharField(_("the gateway's word for it"), max_length=60)
    object_id = models.CharField(_("about"), max_length=120, blank=True)
    intent_id = models.CharField(_("payment intent"), max_length=120, blank=True)
    payment_id = models.UUIDField(_("payment"), null=True, blank=True)
    refund_id = models.UUIDField(_("refund"), null=True, blank=True)
    amount_minor = models.BigIntegerField(_("amount in minor units, signed"))
    fee_minor = models.BigIntegerField(_("fee in minor units, signed"))
    currency = models.CharField(_("currency"), max_length=3)
    happened_at = models.DateTimeField(_("happened"))
    read_at = models.DateTimeField(_("read"), db_default=Now(), editable=False)
    matched_at = models.DateTimeField(_("found in the ledger"), null=True, blank=True)
    entry = models.OneToOneField(
        LedgerEntry, models.PROTECT, null=True, blank=True, related_name="move", verbose_name=_("ledger entry")
    )

    class Meta:
        verbose_name = _("movement at the gateway")
        verbose_name_plural = _("movements at the gateway")
        ordering = ["happened_at", "id"]
        indexes = [
            models.Index(fields=["happened_at"], name="gateway_move_unmatched", condition=models.Q(matched_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                name="gateway_move_matched_with_entry", condition=models.Q(entry=None) | ~models.Q(matched_at=None)
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="gateway_move_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="gateway_move_is_frozen", exclude=["matched_at", "entry"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor} {self.currency}"
