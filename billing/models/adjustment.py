"""A correction of a line's credit by staff, with a reason; above a limit by two of them."""

from typing import Any

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Line
from lib.moves import Moves, check_move, moves_triggers
from lib.uuid7 import uuid7


class AdjustmentState(models.TextChoices):
    ASKED = "asked", _("waits for a second person")
    BOOKED = "booked", _("booked")
    REFUSED = "refused", _("refused")


ADJUSTMENT_MOVES: Moves = {
    AdjustmentState.ASKED: frozenset({AdjustmentState.BOOKED, AdjustmentState.REFUSED}),
}


class AdjustmentPart(models.TextChoices):
    PAID = "credit_paid", _("paid credit")
    BONUS = "credit_bonus", _("bonus credit")
    SHORTFALL = "shortfall", _("owed by the line")


class Adjustment(models.Model):
    """`amount_minor` is signed: above zero the line gets, below zero it loses. On what it owes only above zero: written off."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="adjustments", verbose_name=_("line"))
    part = models.CharField(_("of"), max_length=12, choices=AdjustmentPart)
    amount_minor = models.BigIntegerField(_("amount in minor units, signed"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=200)
    needs_second = models.BooleanField(_("needs a second person"))
    form_token = models.UUIDField(_("form token"), unique=True)
    state = models.CharField(_("state"), max_length=7, choices=AdjustmentState, default=AdjustmentState.ASKED)
    asked_by = models.CharField(_("asked by"), max_length=60)
    asked_at = models.DateTimeField(_("asked"))
    decided_by = models.CharField(_("decided by"), max_length=60, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(name="adjustment_not_zero", condition=~models.Q(amount_minor=0)),
            models.CheckConstraint(
                name="adjustment_says_why", condition=~models.Q(reason="") & ~models.Q(reason__regex=r"^\s*$")
            ),
            models.CheckConstraint(
                name="adjustment_second_person",
                condition=~models.Q(state="booked", needs_second=True)
                | (~models.Q(decided_by="") & ~models.Q(decided_by=models.F("asked_by"))),
            ),
            models.CheckConstraint(
                name="adjustment_owed_is_written_off",
                condition=~models.Q(part="shortfall") | models.Q(amount_minor__gt=0),
            ),
        ]
        triggers = [
            *moves_triggers(ADJUSTMENT_MOVES, first=AdjustmentState.ASKED),
            pgtrigger.Protect(name="adjustment_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="adjustment_is_frozen", exclude=["state", "decided_by", "decided_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.amount_minor} {self.currency}"

    def move_to(self, state: AdjustmentState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the line's lock."""
        check_move(ADJUSTMENT_MOVES, model="adjustment", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])
