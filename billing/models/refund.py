"""Money on its way back to a payer: what was asked for, and each way it goes."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.models.order import Order
from billing.models.payment import Payment
from billing.models.review import ReviewItem
from lib.moves import Moves, check_move, moves_triggers
from lib.uuid7 import uuid7


class RefundState(models.TextChoices):
    REQUESTED = "requested", _("requested")
    SUBMITTED = "submitted", _("told to the gateway")
    PENDING = "pending", _("on its way")
    NEEDS_PAYER = "needs_payer", _("needs the payer's bank data")
    SUCCEEDED = "succeeded", _("given back")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


_S = RefundState
_ENDS = frozenset({_S.SUCCEEDED, _S.FAILED, _S.CANCELLED})
#: Stripe may report a refund as failed weeks after it succeeded (docs.stripe.com/refunds, "Failed refunds").
REFUND_MOVES: Moves = {
    _S.REQUESTED: frozenset({_S.SUBMITTED, _S.FAILED, _S.CANCELLED}),
    _S.SUBMITTED: frozenset({_S.PENDING, _S.NEEDS_PAYER}) | _ENDS,
    _S.PENDING: frozenset({_S.NEEDS_PAYER}) | _ENDS,
    _S.NEEDS_PAYER: frozenset({_S.PENDING}) | _ENDS,
    _S.SUCCEEDED: frozenset({_S.FAILED}),
}


class RefundCause(models.TextChoices):
    WITHDRAWAL = "withdrawal", _("withdrawal within 14 days")
    UNDONE = "undone", _("undone by its payer within minutes")
    CANCELLED = "cancelled", _("cancelled before it began")
    STAFF = "staff", _("by our support")
    DASHBOARD = "dashboard", _("made in the gateway's dashboard")
    DISPUTE = "dispute", _("dispute lost")
    OUTSIDE = "outside", _("taken back by the seller")


class RefundRequestState(models.TextChoices):
    ASKED = "asked", _("waits for a second person")
    GRANTED = "granted", _("granted")
    REFUSED = "refused", _("refused")


REQUEST_MOVES: Moves = {
    RefundRequestState.ASKED: frozenset({RefundRequestState.GRANTED, RefundRequestState.REFUSED}),
}


class RefundRequest(models.Model):
    """A sale taken back, whole or in part. `formula` keeps what was counted, in numbers. One request a `key`.

    `needs_second`: what is granted must be granted by another than asked; decided when it is asked for, and kept.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="refund_requests", verbose_name=_("order"))
    key = models.CharField(_("key"), max_length=120, unique=True)
    cause = models.CharField(_("cause"), max_length=10, choices=RefundCause)
    state = models.CharField(_("state"), max_length=7, choices=RefundRequestState, default=RefundRequestState.ASKED)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    net_minor = models.BigIntegerField(_("of which net"), default=0)
    vat_minor = models.BigIntegerField(_("of which VAT"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    takes_back = models.BooleanField(_("takes back what is left"), default=True)
    formula = models.JSONField(_("how it was counted"), default=dict, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    needs_second = models.BooleanField(_("needs a second person"), default=True)
    asked_by = models.CharField(_("asked by"), max_length=60)
    decided_by = models.CharField(_("decided by"), max_length=60, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund request")
        verbose_name_plural = _("refund requests")
        ordering = ["asked_at", "id"]
        indexes = [
            models.Index(fields=["decided_at"], name="refund_request_granted", condition=models.Q(state="granted"))
        ]
        constraints = [
            models.CheckConstraint(name="refund_request_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="refund_request_parts",
                condition=models.Q(state="granted", amount_minor=models.F("net_minor") + models.F("vat_minor"))
                | ~models.Q(state="granted"),
            ),
            models.CheckConstraint(
                name="refund_request_granted_by_two",
                condition=~models.Q(state="granted", needs_second=True)
                | (~models.Q(decided_by="") & ~models.Q(decided_by=models.F("asked_by"))),
            ),
        ]
        triggers = [
            *moves_triggers(REQUEST_MOVES, first=RefundRequestState.ASKED),
            pgtrigger.Protect(name="refund_request_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="refund_request_is_frozen",
                fields=["order", "key", "amount_minor", "currency", "needs_second", "asked_by"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause} {self.amount_minor} {self.currency}"

    def move_to(self, state: RefundRequestState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the order's lock."""
        check_move(REQUEST_MOVES, model="refund request", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])


class Refund(models.Model):
    """Given back by the way one payment came. The key is committed before the gateway is asked."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds", verbose_name=_("payment"))
    item = models.ForeignKey(
        ReviewItem, models.PROTECT, null=True, blank=True, related_name="refunds", verbose_name=_("review item")
    )
    request = models.ForeignKey(
        RefundRequest, models.PROTECT, null=True, blank=True, related_name="refunds", verbose_name=_("refund request")
    )
    state = models.CharField(_("state"), max_length=11, choices=RefundState, default=RefundState.REQUESTED)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    idempotency_key = models.CharField(_("idempotency key"), max_length=80, unique=True)
    gateway_id = models.CharField(_("refund at the gateway"), max_length=120, null=True, blank=True, unique=True)
    failure_code = models.CharField(_("reason of failure"), max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(_("calls"), default=0)
    asked_at = models.DateTimeField(_("last asked at the gateway"), null=True, blank=True)
    created_at = models.DateTimeField(_("requested"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["created_at", "id"]
        constraints = [models.CheckConstraint(name="refund_amount_positive", condition=models.Q(amount_minor__gt=0))]
        triggers = [
            *moves_triggers(REFUND_MOVES, first=RefundState.REQUESTED),
            pgtrigger.Protect(name="refund_is_kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="refund_within_payment",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.amount_minor + COALESCE((SELECT sum(amount_minor) FROM billing_refund
                            WHERE payment_id = NEW.payment_id AND state NOT IN ('failed', 'cancelled')), 0)
                        > COALESCE((SELECT received_minor FROM billing_payment WHERE id = NEW.payment_id), 0) THEN
                        RAISE EXCEPTION 'more would be given back than was received'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.amount_minor} {self.currency}"

    def move_to(self, state: RefundState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock."""
        check_move(REFUND_MOVES, model="refund", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])
