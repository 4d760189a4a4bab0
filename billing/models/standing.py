"""Standing orders: what a subscriber wants done again and again, and each time that it was done."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Line, Subscriber
from billing.models.order import Order
from billing.models.saved import PaymentMethod
from lib.moves import Moves, check_move, moves_triggers
from lib.rows import write
from lib.uuid7 import uuid7
from plans.models import Plan, PlanPeriod


class StandingOrder(models.Model):
    """Of a line's owner, who pays. Never changed but to be switched off or to swap the ways to pay: another plan, sum or limit is
    another row. `consents`: the texts agreed to, with version and time.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="%(class)ss", verbose_name=_("line"))
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="%(class)ss", verbose_name=_("subscriber"))
    method = models.ForeignKey(
        PaymentMethod, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("paid with")
    )
    backup = models.ForeignKey(
        PaymentMethod, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("else with")
    )
    currency = models.CharField(_("currency"), max_length=3)
    consents = models.JSONField(_("consents"), default=dict)
    on_at = models.DateTimeField(_("switched on"))
    off_at = models.DateTimeField(_("switched off"), null=True, blank=True)
    off_reason = models.CharField(_("why off"), max_length=40, blank=True)
    off_by = models.CharField(_("switched off by"), max_length=60, blank=True)

    class Meta:
        abstract = True

    @property
    def is_on(self) -> bool:
        return self.off_at is None


class AutoRenew(StandingOrder):
    """`uses_credit`: when the line's credit covers the whole price it is taken, else the way to pay. `price_minor` is what its owner
    agreed to; `told_price_minor` a new one they have been told of, good from `told_good_from` on.
    """

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="auto_renewals", verbose_name=_("plan"))
    uses_credit = models.BooleanField(_("credit first"), default=False)
    price_minor = models.BigIntegerField(_("price agreed to, minor units"))
    told_price_minor = models.BigIntegerField(_("new price told, minor units"), null=True, blank=True)
    told_good_from = models.DateTimeField(_("new price good from"), null=True, blank=True)

    class Meta:
        verbose_name = _("auto-renew")
        verbose_name_plural = _("auto-renew")
        constraints = [
            models.UniqueConstraint(fields=["line"], name="auto_renew_one_on", condition=models.Q(off_at=None)),
            models.CheckConstraint(
                name="auto_renew_can_pay",
                condition=models.Q(method__isnull=False) | models.Q(uses_credit=True) | models.Q(off_at__isnull=False),
            ),
            models.CheckConstraint(name="auto_renew_price_positive", condition=models.Q(price_minor__gt=0)),
            models.CheckConstraint(
                name="auto_renew_told_price_whole",
                condition=models.Q(told_price_minor=None, told_good_from=None)
                | models.Q(told_price_minor__gt=0, told_good_from__isnull=False),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="auto_renew_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="auto_renew_is_frozen",
                fields=["line", "subscriber", "plan", "currency", "consents", "on_at"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.plan_id}"


class AutoTopUp(StandingOrder):
    """Credit below `below_minor` → add `add_minor`, at most `at_most` times in a calendar month of the line's time zone."""

    below_minor = models.BigIntegerField(_("below, minor units"))
    add_minor = models.BigIntegerField(_("add, minor units"))
    at_most = models.PositiveSmallIntegerField(_("times a month at most"))
    declines = models.PositiveSmallIntegerField(_("declines in a row"), default=0)

    class Meta:
        verbose_name = _("auto top-up")
        verbose_name_plural = _("auto top-up")
        constraints = [
            models.UniqueConstraint(fields=["line"], name="auto_top_up_one_on", condition=models.Q(off_at=None)),
            models.CheckConstraint(
                name="auto_top_up_can_pay",
                condition=models.Q(method__isnull=False) | models.Q(off_at__isnull=False),
            ),
            models.CheckConstraint(
                name="auto_top_up_sums", condition=models.Q(below_minor__gt=0, add_minor__gt=0, at_most__gt=0)
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="auto_top_up_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="auto_top_up_is_frozen",
                fields=["line", "subscriber", "currency", "consents", "on_at", "below_minor", "add_minor", "at_most"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.below_minor} {self.add_minor}"


class RunState(models.TextChoices):
    DUE = "due", _("due")
    CHARGING = "charging", _("being charged")
    WANTS_BANK = "wants_bank", _("the bank wants the payer’s confirmation")
    RETRYING = "retrying", _("declined, tried again later")
    DONE = "done", _("done")
    NOT_NEEDED = "not_needed", _("not needed any more")
    STOPPED = "stopped", _("switched off")
    GIVEN_UP = "given_up", _("given up")


_R = RunState
_OVER = frozenset({_R.DONE, _R.NOT_NEEDED, _R.STOPPED, _R.GIVEN_UP})
RUN_MOVES: Moves = {
    _R.DUE: frozenset({_R.CHARGING}) | _OVER,
    _R.CHARGING: frozenset({_R.WANTS_BANK, _R.RETRYING}) | _OVER,
    _R.WANTS_BANK: frozenset({_R.CHARGING, _R.RETRYING}) | _OVER,
    _R.RETRYING: frozenset({_R.CHARGING, _R.WANTS_BANK}) | _OVER,
    _R.GIVEN_UP: frozenset({_R.DONE}),
    _R.STOPPED: frozenset({_R.DONE}),
}
OPEN_RUN_STATES = (_R.DUE, _R.CHARGING, _R.WANTS_BANK, _R.RETRYING)


class Run(models.Model):
    """One time that a standing order is carried out: at most one order, however often it is tried. `next_at`: when a sweep looks at
    it again (the domain's time). `tries`: answers that were no money. `told`: how often its owner was told of trouble.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    state = models.CharField(_("state"), max_length=10, choices=RunState, default=RunState.DUE)
    order = models.OneToOneField(
        Order, models.PROTECT, null=True, blank=True, related_name="%(class)s", verbose_name=_("order")
    )
    next_at = models.DateTimeField(_("looked at next"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    told = models.PositiveSmallIntegerField(_("times told"), default=0)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("due since"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        abstract = True

    def move_to(self, state: RunState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock."""
        check_move(RUN_MOVES, model="run", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        write(self, "state", *fields)


class Renewal(Run):
    """Of one plan period: the order that gives the line its next one. Nothing renews the same period twice."""

    auto_renew = models.ForeignKey(AutoRenew, models.PROTECT, related_name="runs", verbose_name=_("auto-renew"))
    line = models.ForeignKey(Line, models.PROTECT, related_name="renewals", verbose_name=_("line"))
    follows = models.OneToOneField(
        PlanPeriod, models.PROTECT, related_name="renewal", verbose_name=_("plan period it follows")
    )

    class Meta:
        verbose_name = _("renewal")
        verbose_name_plural = _("renewals")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="renewal_next",
                condition=models.Q(state__in=["due", "charging", "wants_bank", "retrying"]),
            ),
        ]
        triggers = [
            *moves_triggers(RUN_MOVES, first=RunState.DUE),
            pgtrigger.Protect(name="renewal_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.follows_id}"


class AutoTopUpRun(Run):
    """Of one time that the credit fell below. `month` is the first day of the line's calendar month, `number` counts in it."""

    auto_top_up = models.ForeignKey(AutoTopUp, models.PROTECT, related_name="runs", verbose_name=_("auto top-up"))
    line = models.ForeignKey(Line, models.PROTECT, related_name="auto_top_up_runs", verbose_name=_("line"))
    month = models.DateField(_("month"))
    number = models.PositiveSmallIntegerField(_("number in the month"))

    class Meta:
        verbose_name = _("run of an auto top-up")
        verbose_name_plural = _("runs of auto top-ups")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="auto_top_up_next",
                condition=models.Q(state__in=["due", "charging", "wants_bank", "retrying"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["line", "month", "number"], name="auto_top_up_run_counted"),
            models.UniqueConstraint(
                fields=["line"],
                name="auto_top_up_one_at_a_time",
                condition=models.Q(state__in=["due", "charging", "wants_bank", "retrying"]),
            ),
        ]
        triggers = [
            *moves_triggers(RUN_MOVES, first=RunState.DUE),
            pgtrigger.Protect(name="auto_top_up_run_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.month} {self.number}"


class CreditWatch(models.Model):
    """Credit of a line with an auto top-up fell below what it watches for: written where credit is posted, taken by a worker."""

    line = models.OneToOneField(Line, models.PROTECT, primary_key=True, related_name="credit_watch")
    noticed_at = models.DateTimeField(_("noticed"), db_default=Now())

    class Meta:
        verbose_name = _("credit that fell")
        verbose_name_plural = _("credit that fell")

    def __str__(self) -> str:
        return str(self.line_id)
