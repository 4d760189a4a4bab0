"""Opening a ticket: what is asked, and what it is about."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Line, Subscriber
from billing.models import Order, Payment
from support import promise, telling
from support.models import Author, OpenedBy, Ticket, TicketEntry, Topic


@dataclass(frozen=True, kw_only=True)
class Question:
    """What somebody wrote, and where. Of a subscriber, or of a guest's `email`; `language` and `time_zone` are how they read."""

    topic: Topic
    title: str
    text: str
    form_token: UUID
    subscriber: Subscriber | None = None
    email: str = ""
    language: str
    time_zone: str
    line: Line | None = None
    order: Order | None = None
    page: str = ""

    @property
    def actor(self) -> str:
        return f"subscriber:{self.subscriber.pk}" if self.subscriber else "guest"


class FormUsed(Exception):
    """The form has been somebody else's ticket: it is filled in anew."""


def ask(question: Question, *, now: datetime) -> Ticket:
    """The ticket of `question`; the same form gives the same ticket however often it is sent. Raises FormUsed."""
    if known := placed(question):
        return known
    ticket = _ticket(question, now=now)
    try:
        with transaction.atomic():
            ticket.save(force_insert=True)
            TicketEntry.objects.create(
                ticket=ticket, author=Author.PERSON, actor=question.actor, text=question.text, at=now
            )
            telling.opened(ticket)
    except IntegrityError:
        if known := placed(question):
            return known
        raise
    return ticket


def placed(question: Question) -> Ticket | None:
    """What this form has become already. Raises FormUsed."""
    known = Ticket.objects.filter(form_token=question.form_token).first()
    if known and (known.subscriber_id, known.email) != (question.subscriber and question.subscriber.pk, question.email):
        raise FormUsed
    return known


def _ticket(question: Question, *, now: datetime) -> Ticket:
    return Ticket(
        subscriber=question.subscriber,
        email=question.email,
        language=question.language,
        time_zone=question.time_zone,
        topic=question.topic,
        title=question.title,
        line=question.line,
        order=question.order,
        payment=payment_of(question.order),
        page=question.page,
        opened_by=OpenedBy.PERSON,
        form_token=question.form_token,
        opened_at=now,
        promised_at=promise.promised_by(question.topic, now=now),
        last_at=now,
    )


def payment_of(order: Order | None) -> Payment | None:
    """The last try to pay it."""
    return order.payments.order_by("created_at", "id").last() if order else None
