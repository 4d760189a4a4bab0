"""One phone number and the service on it, and who owned it when."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.subscriber import Subscriber
from lib import clock
from lib.moves import Moves, check_move, moves_triggers
from lib.msisdn import E164_PATTERN
from lib.rows import write
from lib.uuid7 import uuid7


class LineState(models.TextChoices):
    STOCK = "stock", _("not yet in use")
    ACTIVE = "active", _("active")
    GRACE = "grace", _("receives only")
    SUSPENDED = "suspended", _("suspended")
    BLOCKED = "blocked", _("blocked")
    RELEASED = "released", _("released")
    PORTED_OUT = "ported_out", _("moved to another operator")


LINE_MOVES: Moves = {
    LineState.STOCK: frozenset({LineState.ACTIVE, LineState.GRACE, LineState.SUSPENDED, LineState.BLOCKED}),
    LineState.ACTIVE: frozenset({LineState.GRACE, LineState.SUSPENDED, LineState.BLOCKED, LineState.PORTED_OUT}),
    LineState.GRACE: frozenset({LineState.ACTIVE, LineState.SUSPENDED, LineState.BLOCKED, LineState.PORTED_OUT}),
    LineState.SUSPENDED: frozenset({LineState.ACTIVE, LineState.RELEASED, LineState.BLOCKED, LineState.PORTED_OUT}),
    LineState.BLOCKED: frozenset({LineState.ACTIVE, LineState.RELEASED, LineState.PORTED_OUT}),
}
#: States in which the number is this operator's and somebody's; a number is unique among these and stock.
ENDED_STATES = (LineState.RELEASED, LineState.PORTED_OUT)
#: States in which something may be bought for the line; each of them comes back to `active` when it is applied.
PAYABLE_STATES = (LineState.STOCK, LineState.ACTIVE, LineState.GRACE, LineState.SUSPENDED)


class IdentityCheck(models.TextChoices):
    NOT_NEEDED = "not_needed", _("not needed")
    MISSING = "missing", _("missing")
    PENDING = "pending", _("being checked")
    DONE = "done", _("done")


class LineQuerySet(models.QuerySet["Line"]):
    def live(self) -> "LineQuerySet":
        """Lines whose number is still ours."""
        return self.exclude(state__in=ENDED_STATES)

    def owned_by(self, subscriber: Subscriber) -> "LineQuerySet":
        """Lines that `subscriber` owns now, oldest ownership first."""
        return self.filter(ownerships__subscriber=subscriber, ownerships__until_at=None).order_by("ownerships__from_at")


class Line(models.Model):
    """A number's country, currency and time zone hold for the life of the line; a re-issued number is a new row."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    msisdn = models.CharField(_("number"), max_length=16)
    country = models.CharField(_("country"), max_length=2)
    currency = models.CharField(_("currency"), max_length=3)
    time_zone = models.CharField(_("time zone"), max_length=40)
    language = models.CharField(_("language"), max_length=10, default="en")
    label = models.CharField(_("name"), max_length=40, blank=True)
    identity = models.CharField(
        _("identity check"), max_length=12, choices=IdentityCheck, default=IdentityCheck.NOT_NEEDED
    )
    state = models.CharField(_("state"), max_length=12, choices=LineState, default=LineState.STOCK)
    state_since = models.DateTimeField(_("since"), db_default=Now())
    state_reason = models.CharField(_("reason"), max_length=200, blank=True)
    last_top_up_at = models.DateTimeField(_("last top-up"), null=True, blank=True)
    last_charged_use_at = models.DateTimeField(_("last use charged to credit"), null=True, blank=True)
    credit_use_off_at = models.DateTimeField(_("credit not used for use since"), null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[LineQuerySet] = LineQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        constraints = [
            models.UniqueConstraint(
                fields=["msisdn"], name="line_msisdn_unique", condition=~models.Q(state__in=["released", "ported_out"])
            ),
            models.CheckConstraint(name="line_msisdn_e164", condition=models.Q(msisdn__regex=E164_PATTERN)),
            models.CheckConstraint(name="line_country_iso", condition=models.Q(country__regex=r"^[A-Z]{2}$")),
            models.CheckConstraint(name="line_currency_iso", condition=models.Q(currency__regex=r"^[A-Z]{3}$")),
        ]
        indexes = [
            models.Index(fields=["last_top_up_at"], name="line_active_last_top_up", condition=models.Q(state="active")),
            models.Index(
                fields=["state_since"], name="line_asleep_since", condition=models.Q(state__in=["grace", "suspended"])
            ),
        ]
        triggers = moves_triggers(LINE_MOVES, first=LineState.STOCK)

    def __str__(self) -> str:
        return self.msisdn

    @property
    def is_payable(self) -> bool:
        """Whether something may be bought for the line now."""
        return self.state in PAYABLE_STATES and self.is_identified

    @property
    def is_identified(self) -> bool:
        """Whether its owner has shown who they are, where the law asks for it; no document is kept here."""
        return self.identity in {IdentityCheck.NOT_NEEDED, IdentityCheck.DONE}

    def move_to(self, state: LineState, *, reason: str) -> None:
        """Change the state with its reason and date. Raises lib.moves.IllegalMove."""
        check_move(LINE_MOVES, model="line", before=self.state, after=state)
        self.state, self.state_reason, self.state_since = state, reason, clock.now()
        write(self, "state", "state_reason", "state_since")


class LineOwnership(models.Model):
    """From when until when a line was whose. One open row a line."""

    line = models.ForeignKey(Line, models.PROTECT, related_name="ownerships")
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="ownerships")
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("ownership")
        verbose_name_plural = _("ownerships")
        constraints = [
            models.UniqueConstraint(fields=["line"], name="ownership_one_open", condition=models.Q(until_at=None)),
            models.CheckConstraint(
                name="ownership_in_order",
                condition=models.Q(until_at=None) | models.Q(until_at__gte=models.F("from_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.subscriber_id}"
