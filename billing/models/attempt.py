"""One try to take a payment with a saved way to pay."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.models.payment import Payment
from billing.models.saved import PaymentMethod
from lib.moves import Moves, check_move, moves_triggers
from lib.rows import write
from lib.uuid7 import uuid7


class AttemptState(models.TextChoices):
    ASKED = "asked", _("asked, no answer yet")
    PROCESSING = "processing", _("on its way")
    SUCCEEDED = "succeeded", _("received")
    WANTS_BANK = "wants_bank", _("the bank wants the payer’s confirmation")
    DECLINED = "declined", _("declined")
    REFUSED = "refused", _("not possible")


_A = AttemptState
_ANSWERS = frozenset({_A.SUCCEEDED, _A.WANTS_BANK, _A.DECLINED, _A.REFUSED})
ATTEMPT_MOVES: Moves = {
    _A.ASKED: _ANSWERS | {_A.PROCESSING},
    _A.PROCESSING: _ANSWERS,
}


class PaymentAttempt(models.Model):
    """Committed with its key before the gateway is called: the next try waits until this one has its answer. All tries of a
    payment confirm the same intent.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="tries", verbose_name=_("payment"))
    method = models.ForeignKey(PaymentMethod, models.PROTECT, related_name="tries", verbose_name=_("saved way to pay"))
    state = models.CharField(_("state"), max_length=10, choices=AttemptState, default=AttemptState.ASKED)
    idempotency_key = models.CharField(_("idempotency key"), max_length=80, unique=True)
    failure_code = models.CharField(_("reason of failure"), max_length=60, blank=True)
    advice = models.CharField(_("the bank’s advice"), max_length=20, blank=True)
    calls = models.PositiveSmallIntegerField(_("calls"), default=0)
    unknown_since = models.DateTimeField(_("outcome unknown since"), null=True, blank=True)
    asked_at = models.DateTimeField(_("asked at"), db_default=Now())
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("try to take a payment")
        verbose_name_plural = _("tries to take payments")
        ordering = ["asked_at", "id"]
        indexes = [
            models.Index(fields=["asked_at"], name="attempt_unanswered", condition=models.Q(state="asked")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["payment"],
                name="attempt_one_at_a_time",
                condition=models.Q(state__in=["asked", "processing"]),
            ),
        ]
        triggers = [
            *moves_triggers(ATTEMPT_MOVES, first=AttemptState.ASKED),
            pgtrigger.Protect(name="attempt_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="attempt_is_frozen", fields=["payment", "method", "idempotency_key"]),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.failure_code}".strip()

    def move_to(self, state: AttemptState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock."""
        check_move(ATTEMPT_MOVES, model="try", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        write(self, "state", *fields)
