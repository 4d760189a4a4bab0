"""The card or profile in a line, and what happened to it."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models.line import Line
from accounts.models.subscriber import Subscriber
from lib import clock
from lib.moves import Moves, check_move, moves_triggers
from lib.uuid7 import uuid7


class SimKind(models.TextChoices):
    SIM = "sim", _("SIM card")
    ESIM = "esim", _("eSIM")


class SimState(models.TextChoices):
    ACTIVE = "active", _("active")
    BLOCKED = "blocked", _("blocked")
    ENDED = "ended", _("taken out")


class DeviceKind(models.TextChoices):
    PHONE = "phone", pgettext_lazy("device", "Phone")
    TABLET = "tablet", _("Tablet")
    WATCH = "watch", _("Watch")
    ROUTER = "router", _("Router")
    COMPUTER = "computer", _("Computer")
    OTHER = "other", _("Something else")


SIM_MOVES: Moves = {
    SimState.ACTIVE: frozenset({SimState.BLOCKED, SimState.ENDED}),
    SimState.BLOCKED: frozenset({SimState.ACTIVE, SimState.ENDED}),
}


class SimQuerySet(models.QuerySet["Sim"]):
    def in_use(self) -> "SimQuerySet":
        """Those that are in their line now, blocked ones with them: the one that gets texts first, then the oldest first."""
        return self.filter(until_at=None).order_by("-gets_texts", "from_at", "id")


class Sim(models.Model):
    """Named by its ICCID (ITU-T E.118: begins with 89, 18 to 20 digits). Of several in a line one `gets_texts`: codes by SMS arrive there
    and nowhere else, and only a swap makes it another. `codes_sealed`: PIN and PUK, where the operator has told them.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="sims")
    iccid = models.CharField("ICCID", max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=5, choices=SimKind, default=SimKind.SIM)
    label = models.CharField(_("name"), max_length=40, blank=True)
    device = models.CharField(_("device"), max_length=8, choices=DeviceKind, default=DeviceKind.PHONE)
    gets_texts = models.BooleanField(_("gets texts"), default=True)
    state = models.CharField(_("state"), max_length=7, choices=SimState, default=SimState.ACTIVE)
    state_since = models.DateTimeField(_("since"), db_default=Now())
    codes_sealed = models.BinaryField(null=True, blank=True, editable=False)
    from_at = models.DateTimeField(_("from"), db_default=Now())
    until_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects: ClassVar[SimQuerySet] = SimQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = "SIM"
        verbose_name_plural = _("SIMs")
        constraints = [
            models.CheckConstraint(name="sim_iccid_e118", condition=models.Q(iccid__regex=r"^89[0-9]{16,18}$")),
            models.CheckConstraint(
                name="sim_taken_out_with_time",
                condition=models.Q(state="ended", until_at__isnull=False)
                | ~models.Q(state="ended") & models.Q(until_at=None),
            ),
            models.UniqueConstraint(
                fields=["line"],
                name="sim_one_gets_texts",
                condition=models.Q(until_at=None, gets_texts=True),
            ),
        ]
        triggers = [
            *moves_triggers(SIM_MOVES, first=SimState.ACTIVE),
            pgtrigger.ReadOnly(name="sim_stays_itself", fields=["line", "iccid", "kind", "from_at"]),
        ]

    def __str__(self) -> str:
        return self.iccid

    @property
    def ending(self) -> str:
        """As much of the ICCID as tells cards of one person apart."""
        return self.iccid[-4:]

    @property
    def is_blocked(self) -> bool:
        return self.state == SimState.BLOCKED

    def move_to(self, state: SimState) -> None:
        """Raises lib.moves.IllegalMove. The caller holds the row locks of line and SIM, and tells the core."""
        check_move(SIM_MOVES, model="sim", before=self.state, after=state)
        self.state, self.state_since = state, clock.now()
        if state == SimState.ENDED:
            self.until_at = self.state_since
        self.save(update_fields=["state", "state_since", "until_at"])


class SimDeed(models.TextChoices):
    ADDED = "added", _("put in")
    BLOCKED = "blocked", _("blocked")
    UNBLOCKED = "unblocked", _("unblocked")
    REMOVED = "removed", _("taken out")
    PUK_SHOWN = "puk_shown", _("PUK shown")
    CODE_SHOWN = "code_shown", _("eSIM code shown")


class SimEvent(models.Model):
    """What happened to a card: kept for ever, shown to its owner and to staff. `actor`: `subscriber:<id>`, `staff:<id>`, or what did it by
    itself; `session`: which browser it came from, in words.
    """

    sim = models.ForeignKey(Sim, models.PROTECT, related_name="events")
    deed = models.CharField(_("what"), max_length=12, choices=SimDeed)
    actor = models.CharField(_("by"), max_length=40)
    session = models.CharField(_("from"), max_length=60, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("event of a SIM")
        verbose_name_plural = _("events of SIMs")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["sim", "-at"], name="sim_event_sim")]
        triggers = [
            pgtrigger.Protect(name="sim_event_is_kept", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.deed} {self.sim_id}"


class EsimOrderState(models.TextChoices):
    ASKED = "asked", _("being prepared")
    READY = "ready", _("ready to install")
    INSTALLED = "installed", _("installed")
    FAILED = "failed", _("could not be prepared")


ESIM_ORDER_MOVES: Moves = {
    EsimOrderState.ASKED: frozenset({EsimOrderState.READY, EsimOrderState.FAILED}),
    EsimOrderState.READY: frozenset({EsimOrderState.INSTALLED, EsimOrderState.FAILED}),
}


class EsimOrder(models.Model):
    """The wish for an eSIM: asked of the core under its id, ready with the profile's SIM, over when it is on a device. `code_sealed`: what
    makes the QR (GSMA SGP.22, 4.1), forgotten when it is installed. `in_place_of`: the SIM that leaves when it is ready.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="esim_orders")
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="+")
    form_token = models.UUIDField(_("form token"), unique=True)
    label = models.CharField(_("name"), max_length=40, blank=True)
    device = models.CharField(_("device"), max_length=8, choices=DeviceKind, default=DeviceKind.PHONE)
    in_place_of = models.ForeignKey(Sim, models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(_("state"), max_length=9, choices=EsimOrderState, default=EsimOrderState.ASKED)
    sim = models.OneToOneField(Sim, models.PROTECT, null=True, blank=True, related_name="esim_order")
    code_sealed = models.BinaryField(null=True, blank=True, editable=False)
    asked_at = models.DateTimeField(_("asked"))
    next_try_at = models.DateTimeField(_("next try"), db_default=Now())
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    error_code = models.CharField(_("reason"), max_length=60, blank=True)
    ready_at = models.DateTimeField(_("ready at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("order of an eSIM")
        verbose_name_plural = _("orders of eSIMs")
        ordering = ["-asked_at", "-id"]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="esim_order_open", condition=models.Q(state__in=["asked", "ready"])
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="esim_order_ready_with_sim",
                condition=models.Q(state="asked", sim=None)
                | models.Q(state__in=["ready", "installed"], sim__isnull=False)
                | models.Q(state="failed"),
            ),
            models.CheckConstraint(
                name="esim_order_code_forgotten",
                condition=models.Q(code_sealed=None) | models.Q(state="ready"),
            ),
        ]
        triggers = [
            *moves_triggers(ESIM_ORDER_MOVES, first=EsimOrderState.ASKED),
            pgtrigger.Protect(name="esim_order_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="esim_order_stays_itself",
                fields=["line", "subscriber", "form_token", "in_place_of", "asked_at"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.line_id}"

    def move_to(self, state: EsimOrderState) -> None:
        """Sets the state; the caller holds the row lock and saves. Raises lib.moves.IllegalMove."""
        check_move(ESIM_ORDER_MOVES, model="esim order", before=self.state, after=state)
        self.state = state
        if state != EsimOrderState.READY:
            self.code_sealed = None
            self.ended_at = clock.now()
