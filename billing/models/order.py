"""What somebody asked for and what it costs, frozen."""

import secrets
from typing import Any

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Line, Subscriber
from lib.money import Money
from lib.moves import Moves, check_move, moves_triggers
from lib.rows import write
from lib.uuid7 import uuid7
from plans.models import Plan

#: Crockford's alphabet without vowels that could spell words: read aloud and typed without mistakes.
_REFERENCE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A short name for an order, e.g. `R-7K2M9QX`, to be said on the phone; not a secret."""
    return "R-" + "".join(secrets.choice(_REFERENCE_ALPHABET) for _index in range(7))


class OrderState(models.TextChoices):
    PENDING = "pending", _("waiting for your payment")
    PROCESSING = "processing", _("money is on its way")
    PAID = "paid", _("paid")
    APPLIED = "applied", _("applied")
    REVIEW = "review", _("being looked at")
    CLOSED = "closed", _("closed")
    REVERSED = "reversed", _("taken back")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")


_S = OrderState
ORDER_MOVES: Moves = {
    _S.PENDING: frozenset({_S.PROCESSING, _S.PAID, _S.REVIEW, _S.EXPIRED, _S.CANCELLED}),
    _S.PROCESSING: frozenset({_S.PENDING, _S.PAID, _S.REVIEW, _S.EXPIRED, _S.CANCELLED}),
    _S.EXPIRED: frozenset({_S.PAID, _S.REVIEW}),
    _S.CANCELLED: frozenset({_S.REVIEW}),
    _S.PAID: frozenset({_S.APPLIED, _S.REVIEW}),
    _S.REVIEW: frozenset({_S.APPLIED, _S.CLOSED}),
    _S.APPLIED: frozenset({_S.REVERSED}),
}


class OrderWhat(models.TextChoices):
    PLAN = "plan", _("plan")
    TOP_UP = "top_up", _("top-up")


class Start(models.TextChoices):
    QUEUE = "queue", _("when the running plan ends")
    NOW = "now", _("now")


class Method(models.TextChoices):
    CARD = "card", _("card")
    PAYPAL = "paypal", "PayPal"
    TRANSFER = "transfer", _("bank transfer")
    CREDIT = "credit", _("credit")
    VOUCHER = "voucher", _("voucher")
    EXTERNAL = "external", _("top-up point")


class CameBy(models.TextChoices):
    """How an order came about."""

    SELF = "self", _("ordered by hand")
    AUTO_RENEW = "auto_renew", _("auto-renew")
    AUTO_TOP_UP = "auto_top_up", _("auto top-up")
    GUEST = "guest", _("guest top-up")
    LINK = "link", _("top-up link")
    PAYEE = "payee", _("top-up of a payee")
    OUTSIDE = "outside", _("sold outside")


#: By somebody who need not own the line: they see nothing of it, and its owner nothing of them.
BY_OTHERS = (CameBy.GUEST, CameBy.LINK, CameBy.PAYEE)
#: Paid by the payer's own hand at the gateway; the others are taken from what we hold already.
GATEWAY_METHODS = (Method.CARD, Method.PAYPAL, Method.TRANSFER)
#: Paid on the gateway's page.
PAGE_METHODS = (Method.CARD, Method.PAYPAL)


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, subscriber: Subscriber) -> "OrderQuerySet":
        """Orders they placed, or that were placed for a line while they owned it: by somebody else, once it was applied."""
        theirs = models.Q(
            models.Exists(
                subscriber.ownerships.model.objects.filter(
                    models.Q(until_at=None) | models.Q(until_at__gt=models.OuterRef("placed_at")),
                    subscriber=subscriber,
                    line=models.OuterRef("line"),
                    from_at__lte=models.OuterRef("placed_at"),
                )
            )
        )
        is_there = ~models.Q(came_by__in=BY_OTHERS) | models.Q(applied_at__isnull=False)
        return self.filter(models.Q(buyer=subscriber) | theirs & is_there)


class Order(models.Model):
    """Price, VAT, grants, start and consents are frozen when it is placed. Its state and dates change, and, until it is paid, the way to pay."""

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    reference = models.CharField(_("number"), max_length=12, unique=True, default=new_reference, editable=False)
    line = models.ForeignKey(Line, models.PROTECT, related_name="orders", verbose_name=_("line"))
    buyer = models.ForeignKey(
        Subscriber, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("buyer")
    )
    payer_email = models.EmailField(_("payer's e-mail"))
    payer_language = models.CharField(_("payer's language"), max_length=10)
    payer_time_zone = models.CharField(_("payer's time zone"), max_length=40)
    what = models.CharField(_("what"), max_length=6, choices=OrderWhat)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("plan"))
    start = models.CharField(_("starts"), max_length=5, choices=Start, default=Start.QUEUE)
    method = models.CharField(_("method"), max_length=8, choices=Method)
    came_by = models.CharField(_("came by"), max_length=11, choices=CameBy, default=CameBy.SELF, db_default=CameBy.SELF)
    price_minor = models.BigIntegerField(_("price in minor units, VAT included"))
    currency = models.CharField(_("currency"), max_length=3)
    country = models.CharField(_("VAT country"), max_length=2)
    vat_percent = models.DecimalField(_("VAT, %"), max_digits=5, decimal_places=2)
    net_minor = models.BigIntegerField(_("net in minor units"))
    vat_minor = models.BigIntegerField(_("VAT in minor units"))
    grants = models.JSONField(_("grants"), default=list)
    summary = models.JSONField(_("contract summary"), default=dict)
    consents = models.JSONField(_("consents"), default=dict)
    form_token = models.UUIDField(_("form token"), unique=True)
    state = models.CharField(_("state"), max_length=10, choices=OrderState, default=OrderState.PENDING)
    placed_at = models.DateTimeField(_("placed"))
    expires_at = models.DateTimeField(_("payable until"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at", "-id"]
        indexes = [
            models.Index(fields=["line", "-placed_at"], name="order_line_placed"),
            models.Index(fields=["buyer", "-placed_at"], name="order_buyer_placed"),
            models.Index(
                fields=["expires_at"],
                name="order_open_expires",
                condition=models.Q(state__in=["pending", "processing"]),
            ),
            models.Index(
                fields=["what", "applied_at"], name="order_applied", condition=models.Q(applied_at__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(name="order_price_positive", condition=models.Q(price_minor__gt=0)),
            models.CheckConstraint(
                name="order_net_and_vat_are_the_price",
                condition=models.Q(price_minor=models.F("net_minor") + models.F("vat_minor"))
                & models.Q(net_minor__gte=0, vat_minor__gte=0),
            ),
            models.CheckConstraint(
                name="order_plan_when_plan",
                condition=models.Q(what="plan", plan__isnull=False) | models.Q(what="top_up", plan=None),
            ),
            models.CheckConstraint(name="order_currency_iso", condition=models.Q(currency__regex=r"^[A-Z]{3}$")),
            models.CheckConstraint(
                name="order_external_when_outside",
                condition=models.Q(method="external", came_by="outside")
                | (~models.Q(method="external") & ~models.Q(came_by="outside")),
            ),
        ]
        triggers = [
            *moves_triggers(ORDER_MOVES, first=OrderState.PENDING),
            pgtrigger.Protect(name="order_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="order_is_frozen",
                exclude=["state", "method", "expires_at", "paid_at", "applied_at", "payer_email"],
            ),
            pgtrigger.Trigger(
                name="order_payer_is_only_forgotten",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__payer_email__df=pgtrigger.F("new__payer_email"))
                & ~pgtrigger.Q(new__payer_email=""),
                func="""
                    RAISE EXCEPTION 'whose order it is does not change' USING ERRCODE = 'check_violation';
                """,
            ),
            pgtrigger.Trigger(
                name="order_method_while_unpaid",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__method__df=pgtrigger.F("new__method")),
                func="""
                    IF OLD.state NOT IN ('pending', 'review') OR NEW.method IN ('credit', 'voucher', 'external')
                        OR OLD.method IN ('credit', 'voucher', 'external') THEN
                        RAISE EXCEPTION 'the way to pay changes only while money is awaited'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def is_by_other(self) -> bool:
        """Whether somebody paid it for a number that need not be theirs."""
        return self.came_by in BY_OTHERS

    @property
    def subject(self) -> str:
        """What messages about this order are filed under."""
        return f"order:{self.id}"

    def move_to(self, state: OrderState, **fields: Any) -> None:
        """Change the state, and `fields` with it. Raises lib.moves.IllegalMove. The caller holds the row lock."""
        check_move(ORDER_MOVES, model="order", before=self.state, after=state)
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        write(self, "state", *fields)


class OrderEvent(models.Model):
    """What happened to an order, when, by whom. Insert only; the timeline reads it."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="events", verbose_name=_("order"))
    kind = models.CharField(_("what"), max_length=30)
    at = models.DateTimeField(_("when"))
    actor = models.CharField(_("by"), max_length=60)
    detail = models.JSONField(_("detail"), default=dict, blank=True)

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        ordering = ["at", "id"]
        triggers = [pgtrigger.Protect(name="order_event_is_kept", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.kind
