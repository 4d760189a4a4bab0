"""One attempt to pay an order at the gateway."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.models.order import Order
from lib.moves import Moves, check_move, moves_triggers
from lib.rows import write
from lib.uuid7 import uuid7


class PaymentState(models.TextChoices):
    CREATED = "created", _("about to be asked for")
    OPEN = "open", _("payment page open")
    PROCESSING = "processing", _("on its way")
    SUCCEEDED = "succeeded", _("received")
    FAILED = "failed", _("failed")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")


_S = PaymentState
_ENDS = frozenset({_S.SUCCEEDED, _S.FAILED, _S.EXPIRED, _S.CANCELLED})
PAYMENT_MOVES: Moves = {
    _S.CREATED: frozenset({_S.OPEN, _S.PROCESSING}) | _ENDS,
    _S.OPEN: frozenset({_S.PROCESSING}) | _ENDS,
    _S.PROCESSING: frozenset({_S.OPEN}) | _ENDS,
    _S.FAILED: frozenset({_S.SUCCEEDED}),
    _S.EXPIRED: frozenset({_S.SUCCEEDED}),
    _S.CANCELLED: frozenset({_S.SUCCEEDED}),
}
LIVE_PAYMENT_STATES = (_S.CREATED, _S.OPEN, _S.PROCESSING)


class PaymentWay(models.TextChoices):
    PAGE = "page", _("on the gateway's page")
    TRANSFER = "transfer", _("bank transfer")
    SAVED = "saved", _("with a saved way to pay")


class Payment(models.Model):
    """Committed with its idempotency key before the gateway is called. The gateway's word is final: what failed may succeed."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name=_("order"))
    state = models.CharField(_("state"), max_length=10, choices=PaymentState, default=PaymentState.CREATED)
    way = models.CharField(_("way"), max_length=8, choices=PaymentWay, default=PaymentWay.PAGE)
    amount_minor = models.BigIntegerField(_("amount asked for, minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    idempotency_key = models.CharField(_("idempotency key"), max_length=80, unique=True)
    session_id = models.CharField(_("checkout session"), max_length=120, null=True, blank=True, unique=True)
    intent_id = models.CharField(_("payment intent"), max_length=120, null=True, blank=True, unique=True)
    page_url = models.TextField(_("payment page"), blank=True)
    instructions = models.JSONField(_("where to transfer"), default=dict, blank=True)
    received_minor = models.BigIntegerField(_("amount received, minor units"), null=True, blank=True)
    received_currency = models.CharField(_("currency received"), max_length=3, blank=True)
    method_label = models.CharField(_("paid with"), max_length=60, blank=True)
    failure_code = models.CharField(_("reason of failure"), max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(_("calls to open the page"), default=0)
    unknown_since = models.DateTimeField(_("outcome unknown since"), null=True, blank=True)
    asked_at = models.DateTimeField(_("last asked at the gateway"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("page open until"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(
                fields=["asked_at"],
                name="payment_live_asked",
                condition=models.Q(state__in=["created", "open", "processing"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                name="payment_one_live",
                condition=models.Q(state__in=["created", "open", "processing"]),
            ),
            models.CheckConstraint(name="payment_amount_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="payment_received_when_succeeded",
                condition=~models.Q(state="succeeded") | models.Q(received_minor__gt=0, intent_id__isnull=False),
            ),
        ]
        triggers = [
            *moves_triggers(PAYMENT_MOVES, first=PaymentState.CREATED),
            pgtrigger.Protect(name="payment_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.amount_minor} {self.currency}"

    @property
    def gateway_id(self) -> str | None:
        """What to ask the gateway about: the page, else the intent."""
        return self.session_id if self.way == PaymentWay.PAGE else self.intent_id

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_PAYMENT_STATES

    def move_to(self, state: PaymentState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock."""
        check_move(PAYMENT_MOVES, model="payment", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        write(self, "state", *fields)
