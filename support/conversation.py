"""What is said in a ticket after it was opened, by its person and by support, and how it ends. Each flow locks the ticket alone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from lib import audit
from lib.transactions import whole
from support import promise, telling
from support.authority import Staff
from support.models import (
    OPEN_STATES,
    QUIET_STATES,
    Author,
    CameBy,
    EntryEvent,
    Ticket,
    TicketEntry,
    TicketState,
)

#: What was answered or solved is put away when so long nobody says anything.
QUIET_FOR = timedelta(days=14)
BATCH = 200


class AlreadyTaken(Exception):
    """Somebody else looks after it."""


@whole
def reply(
    ticket_id: UUID, *, text: str, actor: str, now: datetime, form_token: UUID | None = None, mail_id: str | None = None
) -> Ticket:
    """Its person says something: whatever state it was in, it is open again. The same form, or the same mail, is the same word."""
    ticket = locked(ticket_id)
    if _is_said(form_token, mail_id):
        return ticket
    came_by = CameBy.MAIL if mail_id else CameBy.PAGE
    _say(ticket, Author.PERSON, actor, text, now, came_by=came_by, mail_id=mail_id, form_token=form_token)
    _open_again(ticket, now=now)
    return ticket


@whole
def answer(
    ticket_id: UUID, *, text: str, solves: bool, by: Staff, now: datetime, form_token: UUID | None = None
) -> Ticket:
    """Support says something; its person is written to. Whoever answers looks after it from then on, unless somebody does."""
    ticket = locked(ticket_id)
    if _is_said(form_token):
        return ticket
    entry = _say(ticket, Author.STAFF, by.actor, text, now, form_token=form_token)
    ticket.move_to(
        TicketState.SOLVED if solves else TicketState.WAITING,
        owner=ticket.owner or by.actor,
        first_answered_at=ticket.first_answered_at or now,
        last_at=now,
    )
    telling.answered(ticket, entry)
    _record("ticket.answered", ticket, by=by, solves=solves)
    return ticket


@whole
def note(ticket_id: UUID, *, text: str, by: Staff, now: datetime, form_token: UUID | None = None) -> None:
    """Something for the desk alone."""
    ticket = locked(ticket_id)
    if not _is_said(form_token):
        _say(ticket, Author.STAFF, by.actor, text, now, is_internal=True, form_token=form_token)
        _record("ticket.noted", ticket, by=by)


@whole
def take(ticket_id: UUID, *, by: Staff) -> None:
    """`by` looks after it from now on. Raises AlreadyTaken."""
    ticket = locked(ticket_id)
    if ticket.owner not in {"", by.actor}:
        raise AlreadyTaken
    if not ticket.owner:
        state = TicketState.OPEN if ticket.state == TicketState.NEW else TicketState(ticket.state)
        ticket.move_to(state, owner=by.actor)
        _record("ticket.taken", ticket, by=by)


@whole
def hand_back(ticket_id: UUID, *, by: Staff) -> None:
    """Nobody looks after it any more."""
    ticket = locked(ticket_id)
    if ticket.owner:
        _record("ticket.handed_back", ticket, by=by, was=ticket.owner)
        ticket.move_to(TicketState(ticket.state), owner="")


@whole
def solve(ticket_id: UUID, *, now: datetime, actor: str = "", by: Staff | None = None) -> Ticket:
    """Nothing is left to do, says its person (`actor`) or one of the staff (`by`). Solved already, it stays as it is."""
    ticket = locked(ticket_id)
    if ticket.state not in {TicketState.SOLVED, TicketState.CLOSED}:
        author = Author.STAFF if by else Author.PERSON
        _say(ticket, author, by.actor if by else actor, "", now, event=EntryEvent.SOLVED)
        ticket.move_to(TicketState.SOLVED, last_at=now)
        if by:
            _record("ticket.solved", ticket, by=by)
    return ticket


def keep_for_desk(ticket_id: UUID, *, text: str, mail_id: str, now: datetime) -> None:
    """A mail about the ticket that is not its person's: the desk reads it, nobody else does. It is open again, so that the
    desk does.
    """
    with transaction.atomic():
        ticket = locked(ticket_id)
        if not _is_said(None, mail_id):
            _say(ticket, Author.SYSTEM, "mail", text, now, is_internal=True, came_by=CameBy.MAIL, mail_id=mail_id)
            _open_again(ticket, now=now)


def put_away(*, now: datetime) -> int:
    """Close what was answered or solved long ago, and nobody has said anything since. Returns how many."""
    with transaction.atomic():
        quiet = Ticket.objects.select_for_update(no_key=True, of=("self",), skip_locked=True).filter(
            state__in=QUIET_STATES, last_at__lte=now - QUIET_FOR
        )
        found = list(quiet.order_by("last_at")[:BATCH])
        for ticket in found:
            ticket.move_to(TicketState.CLOSED)
    return len(found)


def locked(ticket_id: UUID) -> Ticket:
    """The ticket, locked and read anew."""
    return Ticket.objects.select_for_update(no_key=True, of=("self",)).select_related("subscriber").get(pk=ticket_id)


def end_by_itself(ticket: Ticket, event: EntryEvent, *, now: datetime) -> None:
    """What it was opened for is so no more; it stays open while what somebody wrote has no answer. The caller holds its lock."""
    is_answered = not _waits(ticket)
    _say(ticket, Author.SYSTEM, "system", "", now, event=event)
    if is_answered and ticket.state in OPEN_STATES:
        ticket.move_to(TicketState.SOLVED, last_at=now)


def _waits(ticket: Ticket) -> bool:
    """Whether the last word is not ours: neither an event nor a note of the desk is one."""
    words = ticket.entries.exclude(author=Author.SYSTEM, text="").exclude(author=Author.STAFF, is_internal=True)
    last = words.order_by("id").last()
    return last is not None and last.author != Author.STAFF


def _open_again(ticket: Ticket, *, now: datetime) -> None:
    """The next word is ours, by a new promise; who waits already is not put off."""
    if ticket.is_open:
        ticket.move_to(TicketState(ticket.state), last_at=now)
    else:
        ticket.move_to(TicketState.OPEN, promised_at=promise.promised_by(ticket.topic, now=now), last_at=now)


def _is_said(form_token: UUID | None, mail_id: str | None = None) -> bool:
    """Whether this form, or this mail, is an entry already. Asked under the ticket's lock."""
    if form_token:
        return TicketEntry.objects.filter(form_token=form_token).exists()
    return mail_id is not None and TicketEntry.objects.filter(mail_id=mail_id).exists()


def _say(ticket: Ticket, author: Author, actor: str, text: str, now: datetime, **more: Any) -> TicketEntry:
    return TicketEntry.objects.create(ticket=ticket, author=author, actor=actor, text=text, at=now, **more)


def _record(deed: str, ticket: Ticket, *, by: Staff, **detail: Any) -> None:
    audit.record(deed, actor=by.actor, subject=ticket.subject, line_id=ticket.line_id, address=by.address, **detail)
