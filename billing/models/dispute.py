"""A payer's bank takes money back, and the case is decided weeks later (docs.stripe.com/disputes)."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.models.payment import Payment
from lib.moves import Moves, check_move
from lib.uuid7 import uuid7


class DisputeState(models.TextChoices):
    INQUIRY = "inquiry", _("the bank asks; no money was taken")
    OPEN = "open", _("open: evidence is wanted")
    UNDER_REVIEW = "under_review", _("with the bank")
    WON = "won", _("won")
    LOST = "lost", _("lost")


_S = DisputeState
_ENDS = frozenset({_S.WON, _S.LOST})
DISPUTE_MOVES: Moves = {
    _S.INQUIRY: frozenset({_S.OPEN, _S.UNDER_REVIEW}) | _ENDS,
    _S.OPEN: frozenset({_S.UNDER_REVIEW}) | _ENDS,
    _S.UNDER_REVIEW: _ENDS,
}
OPEN_DISPUTE_STATES = (_S.INQUIRY, _S.OPEN, _S.UNDER_REVIEW)


class Dispute(models.Model):
    """One case of one payment. Money is out while `withdrawn_at` is set and `ended_at` is not."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes", verbose_name=_("payment"))
    gateway_id = models.CharField(_("dispute at the gateway"), max_length=120, unique=True)
    state = models.CharField(_("state"), max_length=12, choices=DisputeState)
    amount_minor = models.BigIntegerField(_("amount in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("the bank's reason"), max_length=60, blank=True)
    evidence_until = models.DateTimeField(_("evidence until"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"), db_default=Now())
    withdrawn_at = models.DateTimeField(_("money taken"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    asked_at = models.DateTimeField(_("last asked at the gateway"), null=True, blank=True)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ["opened_at", "id"]
        constraints = [
            models.CheckConstraint(name="dispute_amount_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="dispute_ended_when_decided",
                condition=models.Q(state__in=["won", "lost"], ended_at__isnull=False)
                | (~models.Q(state__in=["won", "lost"]) & models.Q(ended_at=None)),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="dispute_is_kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="dispute_state_moves",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__df=pgtrigger.F("new__state")),
                func="""
                    IF OLD.state IN ('won', 'lost') OR NEW.state = 'inquiry'
                        OR (OLD.state = 'under_review' AND NEW.state = 'open') THEN
                        RAISE EXCEPTION 'a dispute cannot go from % to %', OLD.state, NEW.state
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.amount_minor} {self.currency}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_DISPUTE_STATES

    def move_to(self, state: DisputeState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the order's lock."""
        check_move(DISPUTE_MOVES, model="dispute", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])
