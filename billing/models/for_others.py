"""Paying for a number that is somebody else's: by number, by their link, by the payer's own list."""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Line, Subscriber
from billing.models.order import Order, OrderWhat
from lib.money import Money
from lib.moves import Moves, check_move, moves_triggers
from lib.msisdn import E164_PATTERN, format_msisdn
from lib.rows import write
from lib.uuid7 import uuid7
from plans.models import Plan


class TopUpLink(models.Model):
    """Lets anybody pay for a line without seeing its number. The address holds the token; only its hash is here, and a copy sealed
    for its owner's page. `shows`: the name the owner chose to show, nothing else is told of them.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="top_up_links", verbose_name=_("line"))
    owner = models.ForeignKey(Subscriber, models.PROTECT, related_name="top_up_links", verbose_name=_("owner"))
    token_hash = models.BinaryField(_("hash of the token"), unique=True)
    token_sealed = models.BinaryField(_("token, encrypted"))
    shows = models.CharField(_("name shown to payers"), max_length=40)
    lets_plans = models.BooleanField(_("plans too"), default=False)
    made_at = models.DateTimeField(_("made"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("top-up link")
        verbose_name_plural = _("top-up links")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["line"], name="top_up_link_one", condition=models.Q(revoked_at=None)),
        ]
        triggers = [pgtrigger.Protect(name="top_up_link_is_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.shows


class Payee(models.Model):
    """A number somebody tops up often, under a name of their own. It need not be one of ours: nobody is told."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    subscriber = models.ForeignKey(Subscriber, models.CASCADE, related_name="payees", verbose_name=_("subscriber"))
    msisdn = models.CharField(_("number"), max_length=16)
    name = models.CharField(_("name"), max_length=40)
    added_at = models.DateTimeField(_("added"))

    class Meta:
        verbose_name = _("payee")
        verbose_name_plural = _("payees")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "msisdn"], name="payee_once"),
            models.CheckConstraint(name="payee_msisdn_e164", condition=models.Q(msisdn__regex=E164_PATTERN)),
        ]

    def __str__(self) -> str:
        return self.name


class GuestState(models.TextChoices):
    CREATED = "created", _("about to be asked for")
    OPEN = "open", _("payment page open")
    AUTHORISED = "authorised", _("set aside by the payer’s bank")
    TAKEN = "taken", _("taken, and an order")
    RELEASED = "released", _("could not be used, let go")
    EXPIRED = "expired", _("expired")


_G = GuestState
GUEST_MOVES: Moves = {
    _G.CREATED: frozenset({_G.OPEN, _G.AUTHORISED, _G.EXPIRED}),
    _G.OPEN: frozenset({_G.AUTHORISED, _G.EXPIRED}),
    _G.EXPIRED: frozenset({_G.AUTHORISED}),
    _G.AUTHORISED: frozenset({_G.TAKEN, _G.RELEASED}),
}


class GuestTopUp(models.Model):
    """What somebody wants to pay for a number that is not theirs. Whether the number is one of ours is looked up only when the money
    has been set aside by the payer's bank: then an order is made and it is taken, or it is let go. Until then this row is all there is.

    `payer`: the subscriber who was signed in, else None. `code_hash`: of the code in the payer's own address of its page.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    msisdn = models.CharField(_("number"), max_length=16, blank=True)
    link = models.ForeignKey(TopUpLink, models.PROTECT, null=True, blank=True, related_name="top_ups")
    payer = models.ForeignKey(Subscriber, models.PROTECT, null=True, blank=True, related_name="guest_top_ups")
    email = models.EmailField(_("payer's e-mail"))
    language = models.CharField(_("payer's language"), max_length=10)
    time_zone = models.CharField(_("payer's time zone"), max_length=40)
    address_hash = models.BinaryField(_("hash of the payer's address"))
    what = models.CharField(_("what"), max_length=6, choices=OrderWhat)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("plan"))
    way = models.CharField(_("way"), max_length=6)
    price_minor = models.BigIntegerField(_("price in minor units, VAT included"))
    currency = models.CharField(_("currency"), max_length=3)
    consents = models.JSONField(_("consents"), default=dict)
    form_token = models.UUIDField(_("form token"), unique=True)
    code_hash = models.BinaryField(_("hash of the code"), unique=True)
    state = models.CharField(_("state"), max_length=10, choices=GuestState, default=GuestState.CREATED)
    idempotency_key = models.CharField(_("idempotency key"), max_length=80, unique=True)
    session_id = models.CharField(_("checkout session"), max_length=120, null=True, blank=True, unique=True)
    page_url = models.TextField(_("payment page"), blank=True)
    intent_id = models.CharField(_("payment intent"), max_length=120, null=True, blank=True, unique=True)
    fingerprint = models.CharField(_("fingerprint of the card"), max_length=64, blank=True)
    order = models.OneToOneField(Order, models.PROTECT, null=True, blank=True, related_name="guest_top_up")
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    expires_at = models.DateTimeField(_("page open until"))
    asked_at = models.DateTimeField(_("last asked at the gateway"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("guest top-up")
        verbose_name_plural = _("guest top-ups")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(
                fields=["asked_at"],
                name="guest_top_up_live",
                condition=models.Q(state__in=["created", "open", "authorised"]),
            ),
            models.Index(fields=["msisdn", "created_at"], name="guest_top_up_number"),
            models.Index(fields=["email", "created_at"], name="guest_top_up_email"),
            models.Index(fields=["address_hash", "created_at"], name="guest_top_up_address"),
            models.Index(fields=["fingerprint", "created_at"], name="guest_top_up_card"),
        ]
        constraints = [
            models.CheckConstraint(
                name="guest_top_up_number_or_link",
                condition=models.Q(msisdn="", link__isnull=False) | models.Q(link=None, msisdn__regex=E164_PATTERN),
            ),
            models.CheckConstraint(
                name="guest_top_up_plan_when_plan",
                condition=models.Q(what="plan", plan__isnull=False) | models.Q(what="top_up", plan=None),
            ),
            models.CheckConstraint(name="guest_top_up_positive", condition=models.Q(price_minor__gt=0)),
            models.CheckConstraint(
                name="guest_top_up_order_when_taken",
                condition=models.Q(state="taken", order__isnull=False)
                | ~models.Q(state="taken") & models.Q(order=None),
            ),
        ]
        triggers = [
            *moves_triggers(GUEST_MOVES, first=GuestState.CREATED),
            pgtrigger.ReadOnly(
                name="guest_top_up_is_frozen",
                fields=["msisdn", "link", "payer", "what", "plan", "way", "price_minor", "currency", "form_token"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.price_minor} {self.currency}"

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def shown(self) -> str:
        """Whom it is for, as its payer knows them: the number they typed, or the name that the link shows."""
        return self.link.shows if self.link else format_msisdn(self.msisdn)

    def move_to(self, state: GuestState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock."""
        check_move(GUEST_MOVES, model="guest top-up", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        write(self, "state", *fields)
