"""Money paid to a person by the operator's own bank transfer, by two of the staff."""

from typing import Any

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Line, Subscriber
from billing.models.order import Order
from billing.models.review import ReviewItem
from lib.moves import Moves, check_move, moves_triggers
from lib.uuid7 import uuid7


class PayoutState(models.TextChoices):
    REQUESTED = "requested", _("asked for")
    APPROVED = "approved", _("approved")
    SENT = "sent", _("sent")
    REFUSED = "refused", _("refused")
    CANCELLED = "cancelled", _("taken back")


_S = PayoutState
PAYOUT_MOVES: Moves = {
    _S.REQUESTED: frozenset({_S.APPROVED, _S.REFUSED, _S.CANCELLED}),
    _S.APPROVED: frozenset({_S.SENT, _S.REFUSED}),
}


OPEN_PAYOUT_STATES = (_S.REQUESTED, _S.APPROVED)


class PayoutCause(models.TextChoices):
    CREDIT = "credit", _("leftover credit")
    HELD = "held", _("held money that cannot go back by the way it came")


class Payout(models.Model):
    """The bank data is encrypted and forgotten once the pay-out has ended. Approved by another than asked,
    sent by another than approved.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    cause = models.CharField(_("cause"), max_length=6, choices=PayoutCause)
    line = models.ForeignKey(Line, models.PROTECT, related_name="payouts", verbose_name=_("line"))
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="payouts", verbose_name=_("to"))
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="payouts")
    item = models.ForeignKey(ReviewItem, models.PROTECT, null=True, blank=True, related_name="payouts")
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    bank_data = models.BinaryField(_("bank data, encrypted"), null=True, blank=True)
    bank_hint = models.CharField(_("account"), max_length=20, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=PayoutState, default=PayoutState.REQUESTED)
    asked_by = models.CharField(_("asked by"), max_length=60)
    asked_at = models.DateTimeField(_("asked"))
    approved_by = models.CharField(_("approved by"), max_length=60, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    ended_by = models.CharField(_("sent or refused by"), max_length=60, blank=True)
    ended_at = models.DateTimeField(_("sent or refused"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("pay-out")
        verbose_name_plural = _("pay-outs")
        ordering = ["asked_at", "id"]
        constraints = [
            models.CheckConstraint(name="payout_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="payout_sent_by_two",
                condition=~models.Q(state="sent")
                | (~models.Q(approved_by="") & ~models.Q(approved_by=models.F("ended_by"))),
            ),
            models.CheckConstraint(
                name="payout_approved_by_another",
                condition=models.Q(approved_by="") | ~models.Q(approved_by=models.F("asked_by")),
            ),
            models.CheckConstraint(
                name="payout_bank_data_forgotten",
                condition=models.Q(bank_data=None) | models.Q(state__in=["requested", "approved"]),
            ),
            models.CheckConstraint(
                name="payout_of_held_money_has_order",
                condition=models.Q(cause="credit", order=None, item=None)
                | models.Q(cause="held", order__isnull=False, item__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["line"],
                name="payout_one_of_credit_at_once",
                condition=models.Q(cause="credit", state__in=["requested", "approved"]),
            ),
        ]
        triggers = [
            *moves_triggers(PAYOUT_MOVES, first=PayoutState.REQUESTED),
            pgtrigger.Protect(name="payout_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="payout_is_frozen",
                exclude=["state", "bank_data", "approved_by", "approved_at", "ended_by", "ended_at", "reason"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.amount_minor} {self.currency}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_PAYOUT_STATES

    def move_to(self, state: PayoutState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock."""
        check_move(PAYOUT_MOVES, model="pay-out", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])
