"""The outbox: one row a message, from due to its named end; what carriers report of it; and what its readers want."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lib.moves import Moves, check_move, moves_triggers
from lib.uuid7 import uuid7


class MessageState(models.TextChoices):
    DUE = "due", _("due")
    CLAIMED = "claimed", _("being sent")
    ACCEPTED = "accepted", _("accepted")
    DELIVERED = "delivered", _("delivered")
    UNDELIVERED = "undelivered", _("not delivered")
    UNKNOWN = "unknown", _("may or may not have arrived")
    SUPPRESSED = "suppressed", _("not sent, no longer useful")
    FAILED = "failed", _("failed")


_S = MessageState
MESSAGE_MOVES: Moves = {
    _S.DUE: frozenset({_S.CLAIMED, _S.SUPPRESSED, _S.FAILED}),
    _S.CLAIMED: frozenset({_S.DUE, _S.ACCEPTED, _S.UNKNOWN, _S.FAILED, _S.SUPPRESSED}),
    _S.ACCEPTED: frozenset({_S.DELIVERED, _S.UNDELIVERED}),
    _S.UNKNOWN: frozenset({_S.DELIVERED, _S.UNDELIVERED}),
}


class Message(models.Model):
    """One SMS or e-mail to one address. `subject` files it under what it is about, e.g. `order:<id>`; `key` makes it once."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    channel = models.CharField(_("channel"), max_length=5, choices=[("sms", "SMS"), ("email", _("e-mail"))])
    address = models.CharField(_("to"), max_length=254)
    language = models.CharField(_("language"), max_length=10)
    time_zone = models.CharField(_("time zone"), max_length=40)
    context = models.JSONField(_("context"), default=dict)
    secret = models.BinaryField(_("secret context, encrypted"), null=True, blank=True)
    key = models.CharField(_("key"), max_length=160, unique=True)
    subject = models.CharField(_("about"), max_length=80)
    state = models.CharField(_("state"), max_length=11, choices=MessageState, default=MessageState.DUE)
    due_at = models.DateTimeField(_("due"))
    not_after = models.DateTimeField(_("of use until"))
    next_try_at = models.DateTimeField(_("next try"), db_default=Now())
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    called_at = models.DateTimeField(_("handed to the carrier"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    provider = models.CharField(_("carrier"), max_length=30, blank=True)
    provider_reference = models.CharField(_("provider's reference"), max_length=120, blank=True)
    error_code = models.CharField(_("reason"), max_length=60, blank=True)
    sent_title = models.CharField(_("title as sent"), max_length=200, blank=True)
    sent_text = models.TextField(_("text as sent"), blank=True)
    segments = models.PositiveSmallIntegerField(_("SMS segments"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["subject"], name="message_subject"),
            models.Index(fields=["next_try_at"], name="message_due", condition=models.Q(state="due")),
            models.Index(fields=["claimed_at"], name="message_claimed", condition=models.Q(state="claimed")),
        ]
        constraints = [
            models.CheckConstraint(
                name="message_secret_forgotten",
                condition=models.Q(secret=None) | models.Q(state__in=["due", "claimed"]),
            ),
        ]
        triggers = [
            *moves_triggers(MESSAGE_MOVES, first=MessageState.DUE),
            pgtrigger.Protect(name="message_is_kept", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel}"

    def move_to(self, state: MessageState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock or the claim."""
        check_move(MESSAGE_MOVES, model="message", before=self.state, after=state)
        self.state = state
        if state not in {MessageState.DUE, MessageState.CLAIMED}:
            fields["secret"] = None
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])


class DeliveryReport(models.Model):
    """What a carrier has told of a message after it took it, as it came. Insert only but for `applied_at`: seen by the message."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="reports", verbose_name=_("message"))
    provider = models.CharField(_("carrier"), max_length=30)
    reference = models.CharField(_("provider's reference"), max_length=120, blank=True)
    status = models.CharField(_("what it says"), max_length=30)
    code = models.CharField(_("reason"), max_length=60, blank=True)
    received_at = models.DateTimeField(_("received"), db_default=Now(), editable=False)
    applied_at = models.DateTimeField(_("seen by the message"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery report")
        verbose_name_plural = _("delivery reports")
        ordering = ["received_at", "id"]
        indexes = [models.Index(fields=["received_at"], name="report_waiting", condition=models.Q(applied_at=None))]
        constraints = [
            models.UniqueConstraint(fields=["message", "provider", "reference", "status"], name="report_once"),
        ]
        triggers = [
            pgtrigger.Protect(name="report_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="report_stays_itself", exclude=["applied_at"]),
        ]

    def __str__(self) -> str:
        return self.status


class SuppressionReason(models.TextChoices):
    BOUNCED = "bounced", _("mails come back")
    COMPLAINED = "complained", _("its reader took a mail for spam")


class Suppression(models.Model):
    """An address (lower case) that carriers have told us not to write to. Lifted when its reader proves it again, or by the desk."""

    address = models.CharField(_("address"), max_length=254)
    reason = models.CharField(_("reason"), max_length=10, choices=SuppressionReason)
    code = models.CharField(_("what the carrier said"), max_length=60, blank=True)
    since_at = models.DateTimeField(_("since"))
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    class Meta:
        verbose_name = _("address not written to")
        verbose_name_plural = _("addresses not written to")
        ordering = ["-since_at"]
        constraints = [
            models.UniqueConstraint(fields=["address"], condition=models.Q(lifted_at=None), name="suppression_once"),
        ]
        triggers = [
            pgtrigger.Protect(name="suppression_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="suppression_stays_itself", exclude=["lifted_at"]),
        ]

    def __str__(self) -> str:
        return self.get_reason_display()


class Choice(models.Model):
    """What whoever reads at an address wants of one kind; without a row the kind's own word holds. `text_version`: of what was agreed to,
    for marketing. An address that gets another reader loses its choices.
    """

    address = models.CharField(_("address"), max_length=254)
    kind = models.CharField(_("kind"), max_length=40)
    is_wanted = models.BooleanField(_("wanted"))
    made_at = models.DateTimeField(_("chosen"))
    text_version = models.CharField(_("version of the text"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("choice of messages")
        verbose_name_plural = _("choices of messages")
        constraints = [models.UniqueConstraint(fields=["address", "kind"], name="choice_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.is_wanted}"
