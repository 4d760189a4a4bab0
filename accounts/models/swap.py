"""A line's number moves to another SIM: asked, held for a day, done or refused."""

from datetime import timedelta

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.line import Line
from accounts.models.sim import Sim, SimKind
from accounts.models.subscriber import Subscriber
from lib import clock
from lib.moves import Moves, check_move, moves_triggers
from lib.uuid7 import uuid7

#: docs/devices.md: time to read an SMS or a mail, and to say no.
SWAP_HOLD = timedelta(hours=24)


class SwapState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    VETOED = "vetoed", _("refused by the owner")
    CANCELLED = "cancelled", _("taken back")


SWAP_MOVES: Moves = {SwapState.WAITING: frozenset({SwapState.DONE, SwapState.VETOED, SwapState.CANCELLED})}


class SwapProof(models.TextChoices):
    """How whoever asked has shown who they are, beside being signed in."""

    OLD_SIM = "old_sim", _("signed in again; the old SIM was told")
    MAIL_AND_FACTOR = "mail_factor", _("code by e-mail and second factor")
    MAIL_AND_PASSWORD = "mail_pw", _("code by e-mail and password")


class SimSwap(models.Model):
    """All times are real ones. Done no earlier than `decides_at`, whatever anybody believes. Both links say no once; only their hashes are
    kept. An eSIM is ordered when the time has come (`esim_order`); a card is there already (`to_iccid`).
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="sim_swaps")
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    from_sim = models.ForeignKey(Sim, models.PROTECT, related_name="swaps_away", verbose_name=_("old SIM"))
    to_kind = models.CharField(_("new one"), max_length=5, choices=SimKind)
    to_iccid = models.CharField(_("new ICCID"), max_length=20, blank=True)
    codes_sealed = models.BinaryField(null=True, blank=True, editable=False)
    esim_order = models.OneToOneField("accounts.EsimOrder", models.PROTECT, null=True, blank=True, related_name="swap")
    proof = models.CharField(_("proof"), max_length=11, choices=SwapProof)
    session = models.CharField(_("from"), max_length=60, blank=True)
    sms_token_hash = models.BinaryField(unique=True, null=True, blank=True, editable=False)
    mail_token_hash = models.BinaryField(unique=True, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=SwapState, default=SwapState.WAITING)
    asked_at = models.DateTimeField(_("asked"))
    decides_at = models.DateTimeField(_("decides"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    vetoed_by = models.CharField(_("refused by"), max_length=5, blank=True)

    class Meta:
        verbose_name = _("SIM swap")
        verbose_name_plural = _("SIM swaps")
        ordering = ["-asked_at", "-id"]
        indexes = [
            models.Index(fields=["decides_at"], name="swap_waiting", condition=Q(state="waiting")),
            models.Index(fields=["line", "-asked_at"], name="swap_line_asked"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["line"], name="swap_one_waiting", condition=Q(state="waiting")),
            models.CheckConstraint(name="swap_held_a_day", condition=Q(decides_at__gte=F("asked_at") + SWAP_HOLD)),
            models.CheckConstraint(
                name="swap_ends_once",
                condition=Q(state="waiting", ended_at=None) | ~Q(state="waiting") & Q(ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="swap_done_in_time", condition=~Q(state="done") | Q(ended_at__gte=F("decides_at"))
            ),
            models.CheckConstraint(
                name="swap_card_has_iccid",
                condition=Q(to_kind="sim", to_iccid__regex=r"^89[0-9]{16,18}$") | Q(to_kind="esim", to_iccid=""),
            ),
        ]
        triggers = [
            *moves_triggers(SWAP_MOVES, first=SwapState.WAITING),
            pgtrigger.Protect(name="swap_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="swap_stays_itself",
                fields=["line", "subscriber", "from_sim", "to_kind", "to_iccid", "sms_token_hash", "mail_token_hash"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.line_id}"

    @property
    def to_ending(self) -> str:
        return self.to_iccid[-4:]

    def move_to(self, state: SwapState, *, vetoed_by: str = "") -> None:
        """Raises lib.moves.IllegalMove. The caller holds the row locks of line and swap."""
        check_move(SWAP_MOVES, model="sim swap", before=self.state, after=state)
        self.state, self.ended_at, self.vetoed_by = state, clock.real_now(), vetoed_by
        self.codes_sealed = None
        self.save(update_fields=["state", "ended_at", "vetoed_by", "codes_sealed", "esim_order"])
