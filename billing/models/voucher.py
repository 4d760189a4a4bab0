"""Single-use codes worth money or a plan, printed in batches."""

import secrets
from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.models.order import Order
from lib.money import Money
from lib.moves import Moves, check_move, moves_triggers
from lib.uuid7 import uuid7
from plans.models import Plan

#: Of each pair that eyes and pens confuse (0 O, 1 I L, 2 Z, 5 S, 6 G, 8 B, U V) one sign, and no vowels that could spell words.
ALPHABET = "0123456789CDFHJKMNPRTVWXY"
_SERIES_LENGTH = 5


def new_series() -> str:
    """What the serials of one batch begin with, e.g. `7KM4T`; not a secret."""
    return "".join(secrets.choice(ALPHABET) for _index in range(_SERIES_LENGTH))


class VoucherNature(models.TextChoices):
    """What its worth is booked from: what was paid for it, or what the operator gives away."""

    SOLD = "sold", _("sold")
    PROMOTION = "promotion", _("promotion")
    GOODWILL = "goodwill", _("goodwill")


class VoucherState(models.TextChoices):
    CREATED = "created", _("printed, not yet active")
    ACTIVE = "active", _("active")
    REDEEMED = "redeemed", _("redeemed")
    BLOCKED = "blocked", _("blocked")
    EXPIRED = "expired", _("expired")


_S = VoucherState
VOUCHER_MOVES: Moves = {
    _S.CREATED: frozenset({_S.ACTIVE, _S.BLOCKED, _S.EXPIRED}),
    _S.ACTIVE: frozenset({_S.REDEEMED, _S.BLOCKED, _S.EXPIRED}),
    _S.BLOCKED: frozenset({_S.CREATED, _S.ACTIVE, _S.EXPIRED}),
}


class VoucherBatch(models.Model):
    """Vouchers of one worth. `amount_minor` is what each is worth, for a plan its price on the day the batch was made.

    `key_name` names the secret key of the day the codes were made, and does not tell it.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    series = models.CharField(_("series"), max_length=_SERIES_LENGTH, unique=True, default=new_series, editable=False)
    name = models.CharField(_("name"), max_length=80)
    nature = models.CharField(_("nature"), max_length=9, choices=VoucherNature)
    amount_minor = models.BigIntegerField(_("worth in minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, blank=True, verbose_name=_("plan"))
    count = models.PositiveIntegerField(_("how many"))
    expires_at = models.DateTimeField(_("redeemable until"))
    form_token = models.UUIDField(_("form token"), unique=True)
    made_by = models.CharField(_("made by"), max_length=60)
    made_at = models.DateTimeField(_("made"), db_default=Now(), editable=False)
    handed_out_at = models.DateTimeField(_("codes handed out"), null=True, blank=True)
    handed_out_to = models.CharField(_("codes handed out to"), max_length=60, blank=True)
    key_name = models.CharField(_("key the codes are hashed with"), max_length=8, blank=True)
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True)
    activated_by = models.CharField(_("activated by"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("voucher batch")
        verbose_name_plural = _("voucher batches")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(name="voucher_batch_worth", condition=models.Q(amount_minor__gt=0, count__gt=0)),
            models.CheckConstraint(
                name="voucher_batch_activated_by_another",
                condition=models.Q(activated_by="") | ~models.Q(activated_by=models.F("handed_out_to")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="voucher_batch_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="voucher_batch_is_frozen",
                exclude=["handed_out_at", "handed_out_to", "key_name", "activated_at", "activated_by"],
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def worth(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Voucher(models.Model):
    """One code. The code itself is nowhere: only its keyed hash is kept, and the serial that is printed beside it.

    `lapsed_count`: how often the worth of a sold one went to what is unclaimed; each blocking can be undone.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    batch = models.ForeignKey(VoucherBatch, models.PROTECT, related_name="vouchers", verbose_name=_("batch"))
    serial = models.CharField(_("serial"), max_length=20, unique=True)
    code_hash = models.BinaryField(_("hash of the code"), max_length=32, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=VoucherState, default=VoucherState.CREATED)
    order = models.OneToOneField(
        Order, models.PROTECT, null=True, blank=True, related_name="voucher", verbose_name=_("order")
    )
    redeemed_at = models.DateTimeField(_("redeemed"), null=True, blank=True)
    lapsed_count = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ["serial"]
        indexes = [models.Index(fields=["batch", "state"], name="voucher_batch_state")]
        constraints = [
            models.CheckConstraint(
                name="voucher_redeemed_by_one_order",
                condition=models.Q(state="redeemed", order__isnull=False, redeemed_at__isnull=False)
                | (~models.Q(state="redeemed") & models.Q(order=None, redeemed_at=None)),
            ),
        ]
        triggers = [
            *moves_triggers(VOUCHER_MOVES, first=VoucherState.CREATED),
            pgtrigger.Protect(name="voucher_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="voucher_stays_itself", fields=["batch", "serial", "code_hash"]),
            pgtrigger.Protect(
                name="voucher_ends_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["redeemed", "expired"]),
            ),
        ]

    def __str__(self) -> str:
        return self.serial

    def move_to(self, state: VoucherState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock."""
        check_move(VOUCHER_MOVES, model="voucher", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])
