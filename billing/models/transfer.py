"""Bank transfers: a payer's own account number at the gateway, and what came in on it.

A mirror of the gateway's cash balance (docs.stripe.com/payments/customer-balance): money there is the payer's until it is used for
an order, so nothing of it stands in the ledger.
"""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Subscriber
from billing.models.payment import Payment
from billing.models.refund import REFUND_MOVES, RefundState
from lib.moves import check_move, moves_triggers
from lib.uuid7 import uuid7


class TransferAccount(models.Model):
    """What one subscriber has transferred in one currency. One customer at the gateway holds all currencies of a subscriber.

    `available_minor`: come in and not used, as last asked.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="transfer_accounts")
    currency = models.CharField(_("currency"), max_length=3)
    customer_id = models.CharField(_("customer at the gateway"), max_length=120, blank=True, db_index=True)
    available_minor = models.BigIntegerField(_("not used, minor units"), default=0)
    asked_at = models.DateTimeField(_("last asked at the gateway"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("transfer account")
        verbose_name_plural = _("transfer accounts")
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "currency"], name="transfer_account_unique"),
            models.CheckConstraint(name="transfer_available_not_negative", condition=models.Q(available_minor__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.customer_id or ''}"


class TransferMovement(models.Model):
    """What came in, was used or went back, as the gateway tells it; signed minor units. Insert only."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(TransferAccount, models.PROTECT, related_name="movements")
    gateway_id = models.CharField(_("movement at the gateway"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    amount_minor = models.BigIntegerField(_("amount in minor units, signed"))
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="movements", verbose_name=_("payment")
    )
    happened_at = models.DateTimeField(_("happened"))

    class Meta:
        verbose_name = _("transfer movement")
        verbose_name_plural = _("transfer movements")
        ordering = ["happened_at", "id"]
        triggers = [pgtrigger.Protect(name="transfer_movement_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"


class TransferReturn(models.Model):
    """Money of a transfer account that was not used, sent back to the bank it came from."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    account = models.ForeignKey(TransferAccount, models.PROTECT, related_name="returns")
    state = models.CharField(_("state"), max_length=11, choices=RefundState, default=RefundState.REQUESTED)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    idempotency_key = models.CharField(_("idempotency key"), max_length=80, unique=True)
    gateway_id = models.CharField(_("refund at the gateway"), max_length=120, null=True, blank=True, unique=True)
    failure_code = models.CharField(_("reason of failure"), max_length=60, blank=True)
    asked_by = models.CharField(_("asked by"), max_length=60)
    attempts = models.PositiveSmallIntegerField(_("calls"), default=0)
    asked_at = models.DateTimeField(_("last asked at the gateway"), null=True, blank=True)
    created_at = models.DateTimeField(_("requested"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("transfer sent back")
        verbose_name_plural = _("transfers sent back")
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(name="transfer_return_positive", condition=models.Q(amount_minor__gt=0)),
            models.UniqueConstraint(
                fields=["account"],
                name="transfer_one_return_at_once",
                condition=models.Q(state__in=["requested", "submitted"]),
            ),
        ]
        triggers = [
            *moves_triggers(REFUND_MOVES, first=RefundState.REQUESTED),
            pgtrigger.Protect(name="transfer_return_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.amount_minor}"

    def move_to(self, state: RefundState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock."""
        check_move(REFUND_MOVES, model="transfer return", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])
