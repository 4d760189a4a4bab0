"""Ways to pay that a subscriber has let us keep at the gateway. No number of a card is ever here: the gateway has it."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Subscriber
from lib.moves import Moves, check_move, moves_triggers
from lib.rows import write
from lib.uuid7 import uuid7


class GatewayCustomer(models.Model):
    """A subscriber as the gateway knows them: one for all they do. `customer_id` is empty until the gateway has answered."""

    subscriber = models.OneToOneField(
        Subscriber, models.PROTECT, primary_key=True, related_name="gateway_customer", verbose_name=_("subscriber")
    )
    customer_id = models.CharField(_("customer at the gateway"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("customer at the gateway")
        verbose_name_plural = _("customers at the gateway")
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id"], name="gateway_customer_unique", condition=~models.Q(customer_id="")
            ),
        ]

    def __str__(self) -> str:
        return self.customer_id


class SavedState(models.TextChoices):
    SAVED = "saved", _("saved")
    REVOKED = "revoked", _("permission withdrawn at the bank or PayPal")
    EXPIRED = "expired", _("expired")
    REMOVED = "removed", _("removed")


_S = SavedState
SAVED_MOVES: Moves = {
    _S.SAVED: frozenset({_S.REVOKED, _S.EXPIRED, _S.REMOVED}),
    _S.REVOKED: frozenset({_S.REMOVED}),
    _S.EXPIRED: frozenset({_S.SAVED, _S.REMOVED}),
}


class SavedWay(models.TextChoices):
    CARD = "card", _("card")
    PAYPAL = "paypal", "PayPal"


class PaymentMethod(models.Model):
    """`label`: `Visa ···4242`. `expires_on`: the last day of the card's last month. `consent`: which text, in which version and
    language, when. `forgotten_at`: when the gateway has let go of it, after it ended.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    subscriber = models.ForeignKey(
        Subscriber, models.PROTECT, related_name="payment_methods", verbose_name=_("subscriber")
    )
    way = models.CharField(_("way"), max_length=6, choices=SavedWay)
    gateway_id = models.CharField(_("payment method at the gateway"), max_length=120, unique=True)
    label = models.CharField(_("name"), max_length=60)
    fingerprint = models.CharField(_("fingerprint of the card"), max_length=64, blank=True)
    expires_on = models.DateField(_("good until"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=7, choices=SavedState, default=SavedState.SAVED)
    is_default = models.BooleanField(_("used first"), default=False)
    is_backup = models.BooleanField(_("used when the first fails"), default=False)
    consent = models.JSONField(_("consent"), default=dict)
    saved_at = models.DateTimeField(_("saved at"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    forgotten_at = models.DateTimeField(_("forgotten at the gateway"), null=True, blank=True)

    class Meta:
        verbose_name = _("saved way to pay")
        verbose_name_plural = _("saved ways to pay")
        ordering = ["-is_default", "-is_backup", "-saved_at", "id"]
        indexes = [
            models.Index(fields=["expires_on"], name="method_expires", condition=models.Q(state="saved")),
            models.Index(
                fields=["ended_at"],
                name="method_to_forget",
                condition=models.Q(ended_at__isnull=False, forgotten_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber"], name="method_one_default", condition=models.Q(is_default=True)
            ),
            models.UniqueConstraint(
                fields=["subscriber"], name="method_one_backup", condition=models.Q(is_backup=True)
            ),
            models.CheckConstraint(
                name="method_default_is_no_backup", condition=~models.Q(is_default=True, is_backup=True)
            ),
            models.CheckConstraint(
                name="method_used_while_saved",
                condition=models.Q(state="saved") | models.Q(is_default=False, is_backup=False),
            ),
            models.CheckConstraint(
                name="method_ended_when_not_saved",
                condition=models.Q(state="saved", ended_at=None) | ~models.Q(state="saved") & ~models.Q(ended_at=None),
            ),
        ]
        triggers = [
            *moves_triggers(SAVED_MOVES, first=SavedState.SAVED),
            pgtrigger.Protect(name="method_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="method_is_frozen", fields=["subscriber", "way", "gateway_id", "consent", "saved_at"]
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_saved(self) -> bool:
        return self.state == SavedState.SAVED

    def move_to(self, state: SavedState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock."""
        check_move(SAVED_MOVES, model="saved way to pay", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        write(self, "state", *fields)


class SavingPage(models.Model):
    """A page of the gateway on which a way to pay is saved and nothing is paid. Its key is committed before the call."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    subscriber = models.ForeignKey(Subscriber, models.PROTECT, related_name="saving_pages")
    way = models.CharField(_("way"), max_length=6, choices=SavedWay)
    consent = models.JSONField(_("consent"), default=dict)
    idempotency_key = models.CharField(_("idempotency key"), max_length=80, unique=True)
    session_id = models.CharField(_("checkout session"), max_length=120, null=True, blank=True, unique=True)
    page_url = models.TextField(_("page"), blank=True)
    expires_at = models.DateTimeField(_("page open until"))
    asked_at = models.DateTimeField(_("last asked at the gateway"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    method = models.ForeignKey(PaymentMethod, models.PROTECT, null=True, blank=True, related_name="saving_pages")
    #: where its reader goes on: a path of ours, e.g. back to switching on auto-renew
    goes_on = models.CharField(_("goes on at"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("page for saving")
        verbose_name_plural = _("pages for saving")
        indexes = [models.Index(fields=["asked_at"], name="saving_open_asked", condition=models.Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.way} {self.session_id or ''}"
