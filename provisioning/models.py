"""What the operator's core is told, one row a command, and where its books and ours differ. Lines are named by id and number: this
room knows no line.
"""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lib.moves import Moves, moves_triggers
from lib.uuid7 import uuid7


class CommandKind(models.TextChoices):
    """Each says how something stands from now on, never what changes about it: told twice it does no harm."""

    PERIOD_SET = "period_set", _("plan period")
    LINE_SET = "line_set", _("state of the line")
    SIMS_SET = "sims_set", _("SIMs of the line")
    PORT_SET = "port_set", _("leave to move the number")
    GROUP_SET = "group_set", _("sharing group of the line")


class CommandState(models.TextChoices):
    DUE = "due", _("due")
    CLAIMED = "claimed", _("being told")
    ACCEPTED = "accepted", _("accepted")
    FAILED = "failed", _("refused for good")


_S = CommandState
COMMAND_MOVES: Moves = {
    _S.DUE: frozenset({_S.CLAIMED}),
    _S.CLAIMED: frozenset({_S.DUE, _S.ACCEPTED, _S.FAILED}),
}
#: Whatever comes later for the same line waits for these.
OPEN_STATES = (CommandState.DUE, CommandState.CLAIMED)


class NextInTurn(models.Func):
    """The database's own count of commands. Whoever writes one holds its line's row lock, so a line's are numbered as they were committed."""

    template = "nextval('provisioning_command_turn')"
    arity = 0
    output_field = models.BigIntegerField()


class Command(models.Model):
    """One thing the core shall know of one line. `payload` is JSON of docs/provisioning.md; `subject` says what it was done for, e.g.
    `order:<id>`; `key` makes it once; `sequence` is its turn among the commands of its line. The id is the core's idempotency key.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    sequence = models.BigIntegerField(_("turn"), db_default=NextInTurn(), unique=True, editable=False)
    line_id = models.UUIDField(_("line"))
    msisdn = models.CharField(_("number"), max_length=16)
    kind = models.CharField(_("kind"), max_length=10, choices=CommandKind)
    payload = models.JSONField(_("what it says"))
    subject = models.CharField(_("about"), max_length=80)
    key = models.CharField(_("key"), max_length=200, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=CommandState, default=CommandState.DUE)
    next_try_at = models.DateTimeField(_("next try"), db_default=Now())
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    error_code = models.CharField(_("reason"), max_length=60, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("command to the network")
        verbose_name_plural = _("commands to the network")
        ordering = ["-sequence"]
        indexes = [
            models.Index(fields=["subject"], name="command_subject"),
            models.Index(fields=["line_id", "created_at"], name="command_line"),
            models.Index(fields=["next_try_at"], name="command_due", condition=models.Q(state="due")),
            models.Index(
                fields=["line_id", "sequence"], name="command_open", condition=models.Q(state__in=["due", "claimed"])
            ),
            models.Index(fields=["claimed_at"], name="command_claimed"),
        ]
        constraints = [
            models.CheckConstraint(
                name="command_accepted_with_time",
                condition=models.Q(state="accepted", accepted_at__isnull=False)
                | ~models.Q(state="accepted") & models.Q(accepted_at=None),
            ),
        ]
        triggers = [
            *moves_triggers(COMMAND_MOVES, first=CommandState.DUE),
            pgtrigger.Protect(name="command_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="command_stays_itself",
                fields=["line_id", "msisdn", "kind", "payload", "subject", "key", "sequence"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class DifferenceKind(models.TextChoices):
    UNKNOWN_THERE = "unknown_there", _("the network does not know the line")
    UNKNOWN_HERE = "unknown_here", _("we do not know the line")
    STATE = "state", _("another state of the line")
    NUMBER = "number", _("another number")
    SIMS = "sims", _("other SIMs")
    PERIOD_THERE = "period_there", _("a plan period only the network has")
    PERIOD_HERE = "period_here", _("a plan period the network lacks")
    DATES = "dates", _("another start or end")
    AMOUNT = "amount", _("another amount")


class Difference(models.Model):
    """The core's books and ours say different things of a line; open until a comparison finds that they agree. `about`: which period,
    and which unit of it. Nothing is changed because of one.
    """

    line_id = models.UUIDField(_("line"))
    msisdn = models.CharField(_("number"), max_length=16)
    kind = models.CharField(_("what differs"), max_length=14, choices=DifferenceKind)
    about = models.CharField(_("about"), max_length=120, blank=True)
    ours = models.CharField(_("in our books"), max_length=120, blank=True)
    theirs = models.CharField(_("on the network"), max_length=120, blank=True)
    found_at = models.DateTimeField(_("found at"))
    closed_at = models.DateTimeField(_("found no more"), null=True, blank=True)

    class Meta:
        verbose_name = _("difference to the network")
        verbose_name_plural = _("differences to the network")
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["line_id", "kind", "about"], condition=models.Q(closed_at=None), name="difference_once"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="difference_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="difference_stays_itself", fields=["line_id", "msisdn", "kind", "about", "found_at"]
            ),
        ]

    def __str__(self) -> str:
        kind: Any = self.get_kind_display()
        return str(kind)
