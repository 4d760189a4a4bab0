"""What somebody asked support, what it is about, and what was said since."""

import secrets
from datetime import datetime
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from accounts.models import Line, Subscriber
from billing.models import Order, Payment
from lib.moves import Moves, check_move, moves_triggers
from lib.uuid7 import uuid7

#: As orders have it: no vowels, nothing that looks like something else.
_REFERENCE_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
LONGEST_TEXT = 4000
LONGEST_TITLE = 120
#: Stands where a title was, and a guest's address, once its person is forgotten.
GONE = "-"


def new_reference() -> str:
    """A short name for a ticket, e.g. `T-7K2M9QX`, to be said on the phone; not a secret."""
    return "T-" + "".join(secrets.choice(_REFERENCE_ALPHABET) for _index in range(7))


class TicketState(models.TextChoices):
    NEW = "new", _("new")
    OPEN = "open", _("being looked into")
    WAITING = "waiting", _("answered")
    SOLVED = "solved", _("solved")
    CLOSED = "closed", _("put away")


_S = TicketState
TICKET_MOVES: Moves = {
    _S.NEW: frozenset({_S.OPEN, _S.WAITING, _S.SOLVED}),
    _S.OPEN: frozenset({_S.WAITING, _S.SOLVED}),
    _S.WAITING: frozenset({_S.OPEN, _S.SOLVED, _S.CLOSED}),
    _S.SOLVED: frozenset({_S.OPEN, _S.WAITING, _S.CLOSED}),
    _S.CLOSED: frozenset({_S.OPEN, _S.WAITING, _S.SOLVED}),
}
#: States in which the next word is ours.
OPEN_STATES = (_S.NEW, _S.OPEN)
#: States that end by themselves when nobody says anything more.
QUIET_STATES = (_S.WAITING, _S.SOLVED)


class Topic(models.TextChoices):
    PAYMENT = "payment", _("Payment, refund or receipt")
    PLAN = "plan", _("Plan, renewal or credit")
    DATA = "data", _("Data, calls or texts do not work")
    SIM = "sim", _("SIM, eSIM or phone")
    ACCOUNT = "account", _("Signing in or my data")
    OTHER = "other", _("Something else")


class OpenedBy(models.TextChoices):
    PERSON = "person", _("the person")
    SYSTEM = "system", _("by itself")


class Ticket(models.Model):
    """Of a subscriber, or of a guest who is known by an e-mail address alone. What it is about is fixed when it is opened; state and
    dates change. `promised_at`: by when whoever waits is answered; empty while nobody waits. `page`: the name of the address it was
    opened on.
    """

    id = models.UUIDField(primary_key=True, db_default=uuid7(), editable=False)
    reference = models.CharField(_("number"), max_length=12, unique=True, default=new_reference, editable=False)
    subscriber = models.ForeignKey(
        Subscriber, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("subscriber")
    )
    email = models.EmailField(_("guest's e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=10)
    time_zone = models.CharField(_("time zone"), max_length=40)
    topic = models.CharField(_("about"), max_length=8, choices=Topic)
    title = models.CharField(_("title"), max_length=LONGEST_TITLE)
    line = models.ForeignKey(
        Line, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("line")
    )
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("order")
    )
    payment = models.ForeignKey(
        Payment, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("payment")
    )
    page = models.CharField(_("opened on"), max_length=40, blank=True)
    opened_by = models.CharField(_("opened by"), max_length=6, choices=OpenedBy, default=OpenedBy.PERSON)
    form_token = models.UUIDField(_("form token"), unique=True, null=True, blank=True)
    owner = models.CharField(_("looked after by"), max_length=60, blank=True)
    state = models.CharField(_("state"), max_length=7, choices=TicketState, default=TicketState.NEW)
    opened_at = models.DateTimeField(_("opened"))
    promised_at = models.DateTimeField(_("answer promised by"), null=True, blank=True)
    first_answered_at = models.DateTimeField(_("first answered"), null=True, blank=True)
    last_at = models.DateTimeField(_("last word"))

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-last_at", "-id"]
        indexes = [
            models.Index(fields=["subscriber", "-last_at"], name="ticket_subscriber_last"),
            models.Index(fields=["promised_at"], name="ticket_promised", condition=models.Q(state__in=["new", "open"])),
            models.Index(
                fields=["last_at"], name="ticket_quiet_since", condition=models.Q(state__in=["waiting", "solved"])
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="ticket_is_somebodys",
                condition=models.Q(subscriber__isnull=False, email="")
                | (models.Q(subscriber=None) & ~models.Q(email="")),
            ),
            models.CheckConstraint(name="ticket_has_title", condition=~models.Q(title="")),
            models.CheckConstraint(
                name="ticket_promise_while_open",
                condition=models.Q(state__in=["new", "open"], promised_at__isnull=False)
                | (~models.Q(state__in=["new", "open"]) & models.Q(promised_at=None)),
            ),
            models.CheckConstraint(
                name="ticket_by_itself_about_an_order",
                condition=~models.Q(opened_by="system") | models.Q(order__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["order"], name="ticket_one_by_itself_an_order", condition=models.Q(opened_by="system")
            ),
        ]
        triggers = [
            *moves_triggers(TICKET_MOVES, first=TicketState.NEW),
            pgtrigger.Protect(name="ticket_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="ticket_stays_itself",
                exclude=["state", "owner", "promised_at", "first_answered_at", "last_at", "title", "email"],
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def subject(self) -> str:
        """What messages about this ticket are filed under."""
        return f"ticket:{self.id}"

    @property
    def is_open(self) -> bool:
        """Whether the next word is ours."""
        return self.state in OPEN_STATES

    @property
    def address(self) -> str:
        """Where its person reads; nowhere once they are forgotten."""
        if self.subscriber:
            return self.subscriber.email
        return "" if self.email == GONE else self.email

    def is_late(self, now: datetime) -> bool:
        """Whether the answer that was promised is not there."""
        return self.is_open and self.promised_at is not None and self.promised_at < now

    def move_to(self, state: TicketState, **fields: Any) -> None:
        """Change the state, and `fields` with it; the promise goes when nobody waits any more. Raises lib.moves.IllegalMove.
        The caller holds the row lock.
        """
        if state != self.state:
            check_move(TICKET_MOVES, model="ticket", before=self.state, after=state)
        if state not in OPEN_STATES:
            fields["promised_at"] = None
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])


class Author(models.TextChoices):
    PERSON = "person", _("the person")
    STAFF = "staff", _("support")
    SYSTEM = "system", _("by itself")


class CameBy(models.TextChoices):
    PAGE = "page", _("on the page")
    MAIL = "mail", _("by e-mail")


class EntryEvent(models.TextChoices):
    """What an entry tells beside, or instead of, a text."""

    SAID = "said", _("said")
    SOLVED = "solved", _("marked as solved")
    LATE = "late", _("paid and not there in time")
    HELD = "held", _("paid, and held")
    ARRIVED = "arrived", _("there now")
    GIVEN_BACK = "given_back", _("the money went back")


class TicketEntry(models.Model):
    """One word in a conversation, never changed; a text may only be emptied, when its person is forgotten. `is_internal`: for the desk
    alone. `mail_id` (a hash of the mail's Message-ID) keeps a mail from being taken twice.
    """

    id = models.BigAutoField(primary_key=True)
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="entries", verbose_name=_("ticket"))
    author = models.CharField(_("by"), max_length=6, choices=Author)
    actor = models.CharField(_("who"), max_length=60)
    event = models.CharField(_("what"), max_length=10, choices=EntryEvent, default=EntryEvent.SAID)
    text = models.TextField(_("text"), blank=True, max_length=LONGEST_TEXT)
    is_internal = models.BooleanField(_("for the desk alone"), default=False)
    came_by = models.CharField(_("came"), max_length=4, choices=CameBy, default=CameBy.PAGE)
    mail_id = models.CharField(_("mail"), max_length=64, null=True, blank=True, unique=True)
    form_token = models.UUIDField(_("form token"), unique=True, null=True, blank=True)
    at = models.DateTimeField(_("when"))

    objects: ClassVar[models.Manager["TicketEntry"]] = models.Manager()

    class Meta:
        verbose_name = _("entry of a ticket")
        verbose_name_plural = _("entries of tickets")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(name="entry_text_is_short", condition=LessThanOrEqual(Length("text"), LONGEST_TEXT)),
        ]
        triggers = [
            pgtrigger.Protect(name="entry_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="entry_stays_itself", exclude=["text"]),
            pgtrigger.Trigger(
                name="entry_text_is_only_emptied",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__text__df=pgtrigger.F("new__text")),
                func="""
                    IF NEW.text <> '' THEN
                        RAISE EXCEPTION 'what was said is not changed' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author} {self.event}"
