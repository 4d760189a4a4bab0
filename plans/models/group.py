"""Data shared with other lines: a group, who is in it and up to how much, and what each of them has used of it."""

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models.functions import Now
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from accounts.models import Line, Subscriber
from lib.moves import Moves, check_move, moves_triggers
from lib.rows import write
from lib.uuid7 import uuid7
from plans.models.allowance import Allowance
from plans.models.period import PlanPeriod, TsTzRange

#: Caps and what is asked for are whole steps of this many bytes.
STEP_BYTES = 500_000_000


class SharingGroupQuerySet(models.QuerySet["SharingGroup"]):
    def standing(self) -> "SharingGroupQuerySet":
        """Neither dissolved, nor left behind by who started it."""
        return self.filter(
            dissolved_at=None, line__ownerships__subscriber=models.F("owner"), line__ownerships__until_at=None
        )

    def of(self, owner: Subscriber) -> "SharingGroupQuerySet":
        """The groups `owner` may look after."""
        return self.standing().filter(owner=owner)


class SharingGroup(models.Model):
    """The data of `line`'s plan and add-ons, shared with its members. It is its `owner`'s: it ends when the line is somebody else's.

    `shows`: what its members call the owner.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="sharing_groups", verbose_name=_("line"))
    owner = models.ForeignKey(Subscriber, models.PROTECT, related_name="sharing_groups", verbose_name=_("owner"))
    shows = models.CharField(_("name shown to members"), max_length=40)
    started_at = models.DateTimeField(_("started"))
    dissolved_at = models.DateTimeField(_("dissolved"), null=True, blank=True)

    objects: ClassVar[SharingGroupQuerySet] = SharingGroupQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("sharing group")
        verbose_name_plural = _("sharing groups")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["line"], name="group_one_a_line", condition=models.Q(dissolved_at=None)),
            models.CheckConstraint(
                name="group_in_order",
                condition=models.Q(dissolved_at=None) | models.Q(dissolved_at__gte=models.F("started_at")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="group_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="group_stays_itself", fields=["line", "owner", "started_at"]),
            pgtrigger.Trigger(
                name="group_of_no_member",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (SELECT FROM plans_groupmember WHERE line_id = NEW.line_id AND left_at IS NULL) THEN
                        RAISE EXCEPTION 'the line is in a group' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.shows


class MemberEnd(models.TextChoices):
    LEFT = "left", _("left")
    REMOVED = "removed", _("removed by the owner")
    DISSOLVED = "dissolved", _("group dissolved")
    LINE_ENDED = "line_ended", _("number has another owner, or is out of use")


class GroupMemberQuerySet(models.QuerySet["GroupMember"]):
    def standing(self) -> "GroupMemberQuerySet":
        """In the group now, and still the line of who joined with it."""
        return self.filter(
            left_at=None, line__ownerships__subscriber=models.F("subscriber"), line__ownerships__until_at=None
        )

    def of(self, subscriber: Subscriber) -> "GroupMemberQuerySet":
        """The memberships of `subscriber`'s lines."""
        return self.standing().filter(subscriber=subscriber)


class GroupMember(models.Model):
    """A line in a group between two moments. Its use after its own data is gone is charged to the group's, up to `cap_bytes` in each of the
    owner's plan periods; null: without a cap. `shows`: what the owner calls the member.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    group = models.ForeignKey(SharingGroup, models.PROTECT, related_name="members", verbose_name=_("group"))
    line = models.ForeignKey(Line, models.PROTECT, related_name="memberships", verbose_name=_("line"))
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="memberships", verbose_name=_("member"))
    shows = models.CharField(_("name shown to the owner"), max_length=40)
    cap_bytes = models.BigIntegerField(_("cap in bytes"), null=True, blank=True)
    joined_at = models.DateTimeField(_("joined"))
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)
    end = models.CharField(_("how it ended"), max_length=10, choices=MemberEnd, blank=True)

    objects: ClassVar[GroupMemberQuerySet] = GroupMemberQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("group member")
        verbose_name_plural = _("group members")
        ordering = ["joined_at", "id"]
        constraints = [
            ExclusionConstraint(
                name="member_of_one_group",
                expressions=[
                    ("line", RangeOperators.EQUAL),
                    (TsTzRange("joined_at", "left_at"), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="member_cap_in_steps",
                condition=models.Q(cap_bytes=None)
                | models.Q(models.Q(cap_bytes__gt=0), Exact(models.F("cap_bytes") % STEP_BYTES, 0)),
            ),
            models.CheckConstraint(
                name="member_in_order",
                condition=models.Q(left_at=None, end="")
                | models.Q(left_at__gte=models.F("joined_at")) & ~models.Q(end=""),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="member_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="member_stays_itself", fields=["group", "line", "subscriber", "joined_at"]),
            pgtrigger.Trigger(
                name="member_owns_no_group",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF EXISTS (SELECT FROM plans_sharinggroup WHERE line_id = NEW.line_id AND dissolved_at IS NULL) THEN
                        RAISE EXCEPTION 'the line shares its own data' USING ERRCODE = 'check_violation';
                    END IF;
                    IF EXISTS (SELECT FROM plans_sharinggroup WHERE id = NEW.group_id AND dissolved_at IS NOT NULL) THEN
                        RAISE EXCEPTION 'the group is dissolved' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.shows


class GroupPause(models.Model):
    """While it lasts, nothing of the member's use is charged to the group; of the past, too, since records come late."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    member = models.ForeignKey(GroupMember, models.PROTECT, related_name="pauses", verbose_name=_("member"))
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("pause of a member")
        verbose_name_plural = _("pauses of members")
        ordering = ["from_at"]
        constraints = [
            models.UniqueConstraint(fields=["member"], name="pause_one_open", condition=models.Q(until_at=None)),
            models.CheckConstraint(
                name="pause_in_order",
                condition=models.Q(until_at=None) | models.Q(until_at__gte=models.F("from_at")),
            ),
        ]
        triggers = [pgtrigger.Protect(name="pause_is_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.from_at} – {self.until_at or ''}"


class GroupInvite(models.Model):
    """A code by which one line may join, with the cap it will have. Only the code's keyed hash is kept."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    group = models.ForeignKey(SharingGroup, models.PROTECT, related_name="invites", verbose_name=_("group"))
    code_hash = models.BinaryField(_("hash of the code"), unique=True)
    cap_bytes = models.BigIntegerField(_("cap in bytes"), null=True, blank=True)
    made_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("good until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    member = models.OneToOneField(
        GroupMember, models.PROTECT, null=True, blank=True, related_name="invite", verbose_name=_("who joined by it")
    )

    class Meta:
        verbose_name = _("invitation to a group")
        verbose_name_plural = _("invitations to groups")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="invite_used_once",
                condition=models.Q(used_at=None, member=None)
                | models.Q(used_at__isnull=False, member__isnull=False, revoked_at=None),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="invite_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="invite_stays_itself", fields=["group", "code_hash", "cap_bytes", "expires_at"]),
            pgtrigger.Trigger(
                name="invite_stays_used",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__used_at__isnull=False) | pgtrigger.Q(old__revoked_at__isnull=False),
                func="RAISE EXCEPTION 'the invitation is over' USING ERRCODE = 'check_violation';",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.made_at}"

    def is_open(self, now: datetime) -> bool:
        """Whether somebody may still join by it."""
        return self.used_at is None and self.revoked_at is None and self.expires_at > now


class AskState(models.TextChoices):
    OPEN = "open", _("waits for the owner")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    EXPIRED = "expired", _("not answered in time")


ASK_MOVES: Moves = {AskState.OPEN: frozenset({AskState.APPROVED, AskState.REFUSED, AskState.EXPIRED})}


class GroupAsk(models.Model):
    """A member asks for more in the owner's running plan period. Until `decides_at` the owner may answer; approving raises the cap of
    that period alone.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    member = models.ForeignKey(GroupMember, models.PROTECT, related_name="asks", verbose_name=_("member"))
    period = models.ForeignKey(PlanPeriod, models.PROTECT, related_name="+", verbose_name=_("plan period"))
    amount_bytes = models.BigIntegerField(_("bytes asked for"))
    asked_at = models.DateTimeField(_("asked"))
    decides_at = models.DateTimeField(_("decides"))
    state = models.CharField(_("state"), max_length=8, choices=AskState, default=AskState.OPEN)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("ask for more")
        verbose_name_plural = _("asks for more")
        ordering = ["-asked_at", "-id"]
        indexes = [
            models.Index(fields=["decides_at"], name="ask_open", condition=models.Q(state="open")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["member"], name="ask_one_open", condition=models.Q(state="open")),
            models.CheckConstraint(
                name="ask_in_steps",
                condition=models.Q(models.Q(amount_bytes__gt=0), Exact(models.F("amount_bytes") % STEP_BYTES, 0)),
            ),
            models.CheckConstraint(
                name="ask_decided_with_time",
                condition=models.Q(state="open", decided_at=None)
                | ~models.Q(state="open") & models.Q(decided_at__isnull=False),
            ),
        ]
        triggers = [
            *moves_triggers(ASK_MOVES, first=AskState.OPEN),
            pgtrigger.Protect(name="ask_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="ask_stays_itself", fields=["member", "period", "amount_bytes", "asked_at", "decides_at"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_bytes} {self.state}"

    def move_to(self, state: AskState, *, at: datetime) -> None:
        """Raises lib.moves.IllegalMove."""
        check_move(ASK_MOVES, model="ask", before=self.state, after=state)
        self.state, self.decided_at = state, at
        write(self, "state", "decided_at")


class GroupShare(models.Model):
    """What a member has used of the group in one of the owner's plan periods, what the owner has added to the cap in it, and the whole
    limit that held when something was charged last; null: none. Never used beyond that.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    member = models.ForeignKey(GroupMember, models.PROTECT, related_name="shares", verbose_name=_("member"))
    period = models.ForeignKey(PlanPeriod, models.PROTECT, related_name="+", verbose_name=_("plan period"))
    extra_bytes = models.BigIntegerField(_("added to the cap"), db_default=0)
    limit_bytes = models.BigIntegerField(_("limit"), null=True, blank=True)
    used_bytes = models.BigIntegerField(_("used"), db_default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("share of a member")
        verbose_name_plural = _("shares of members")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["member", "period"], name="share_once"),
            models.CheckConstraint(
                name="share_within_limit",
                condition=models.Q(used_bytes__gte=0, extra_bytes__gte=0)
                & (models.Q(limit_bytes=None) | models.Q(used_bytes__lte=models.F("limit_bytes"))),
            ),
        ]
        triggers = [pgtrigger.Protect(name="share_is_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.used_bytes} / {self.limit_bytes}"


class GroupUse(models.Model):
    """What a member has used of one of the owner's allowances: the sum of the member's charges to it, when those are forgotten, too."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    member = models.ForeignKey(GroupMember, models.PROTECT, related_name="uses", verbose_name=_("member"))
    allowance = models.ForeignKey(Allowance, models.PROTECT, related_name="group_uses", verbose_name=_("allowance"))
    used_bytes = models.BigIntegerField(_("used"))

    class Meta:
        verbose_name = _("use by a member")
        verbose_name_plural = _("use by members")
        constraints = [
            models.UniqueConstraint(fields=["member", "allowance"], name="group_use_once"),
            models.CheckConstraint(name="group_use_positive", condition=models.Q(used_bytes__gt=0)),
        ]
        triggers = [pgtrigger.Protect(name="group_use_is_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.used_bytes}"
