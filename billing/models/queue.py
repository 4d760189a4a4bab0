"""What somebody wants done with a plan period that is paid and has not begun: recorded first, carried out when it can no longer be undone."""

from datetime import datetime, timedelta
from typing import Any

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Line, Subscriber
from billing.models.order import Order
from lib.moves import Moves, check_move, moves_triggers
from lib.rows import write
from lib.uuid7 import uuid7
from plans.models import Plan

#: How long a change can be undone; nothing has happened until then.
UNDO_FOR = timedelta(minutes=10)


class QueueChangeKind(models.TextChoices):
    CANCEL = "cancel", _("cancel")
    SWAP = "swap", _("another plan instead")


class QueueChangeState(models.TextChoices):
    WAITING = "waiting", _("can still be undone")
    DONE = "done", _("done")
    UNDONE = "undone", _("undone")
    DROPPED = "dropped", _("came to nothing")


_S = QueueChangeState
QUEUE_CHANGE_MOVES: Moves = {_S.WAITING: frozenset({_S.DONE, _S.UNDONE, _S.DROPPED})}


class QueueChange(models.Model):
    """A change of the period of `order`. Until it takes effect nothing has changed, and undoing it is no more than a word in this row.

    `back_minor` is what was promised to go back, `to_credit` whether as credit of the line where it could go to the payer. A swap is for
    `plan` at `price_minor`; `by_order` is the order for it: placed when it is carried out if credit pays, else before, and then it
    waits for that order's money and has no `takes_effect_at`.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="queue_changes", verbose_name=_("line"))
    order = models.ForeignKey(Order, models.PROTECT, related_name="queue_changes", verbose_name=_("order"))
    subscriber = models.ForeignKey(
        Subscriber, models.PROTECT, related_name="queue_changes", verbose_name=_("subscriber")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=QueueChangeKind)
    state = models.CharField(_("state"), max_length=7, choices=QueueChangeState, default=QueueChangeState.WAITING)
    back_minor = models.BigIntegerField(_("goes back, minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    to_credit = models.BooleanField(_("as credit"), default=False)
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, blank=True, related_name="queue_changes", verbose_name=_("plan instead")
    )
    price_minor = models.BigIntegerField(_("its price, minor units"), null=True, blank=True)
    consents = models.JSONField(_("consents"), default=dict, blank=True)
    by_order = models.OneToOneField(
        Order, models.PROTECT, null=True, blank=True, related_name="replaces", verbose_name=_("order instead")
    )
    form_token = models.UUIDField(_("form token"), unique=True)
    asked_at = models.DateTimeField(_("asked"))
    takes_effect_at = models.DateTimeField(_("takes effect"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("change of a queued plan")
        verbose_name_plural = _("changes of queued plans")
        ordering = ["-asked_at", "-id"]
        indexes = [
            models.Index(fields=["takes_effect_at"], name="queue_change_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["line", "-asked_at"], name="queue_change_line_asked"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], name="queue_change_one_waiting", condition=models.Q(state="waiting")
            ),
            models.CheckConstraint(name="queue_change_back_positive", condition=models.Q(back_minor__gt=0)),
            models.CheckConstraint(
                name="queue_change_swap_names_a_plan",
                condition=models.Q(kind="cancel", plan=None, price_minor=None, by_order=None)
                | models.Q(kind="swap", plan__isnull=False, price_minor__gt=0),
            ),
            models.CheckConstraint(
                name="queue_change_waits_for_something",
                condition=models.Q(takes_effect_at__isnull=False) | models.Q(by_order__isnull=False),
            ),
            models.CheckConstraint(
                name="queue_change_ends_once",
                condition=models.Q(state="waiting", ended_at=None) | ~models.Q(state="waiting"),
            ),
        ]
        triggers = [
            *moves_triggers(QUEUE_CHANGE_MOVES, first=QueueChangeState.WAITING),
            pgtrigger.Protect(name="queue_change_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="queue_change_is_frozen",
                fields=[
                    "line",
                    "order",
                    "subscriber",
                    "kind",
                    "back_minor",
                    "currency",
                    "to_credit",
                    "plan",
                    "price_minor",
                    "consents",
                    "form_token",
                    "asked_at",
                    "takes_effect_at",
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.order_id}"

    @property
    def subject(self) -> str:
        """What messages about this change are filed under."""
        return f"queue_change:{self.id}"

    @property
    def due_at(self) -> datetime | None:
        """When it takes effect, and until when it can be undone; None while its order waits for money."""
        if self.takes_effect_at or self.by_order is None or self.by_order.applied_at is None:
            return self.takes_effect_at
        return self.by_order.applied_at + UNDO_FOR

    def move_to(self, state: QueueChangeState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock."""
        check_move(QUEUE_CHANGE_MOVES, model="queue change", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        write(self, "state", *fields)
