"""One ticket as its person sees it: what was said, how it stands, and by when it is answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from billing import wording
from billing.models import Order
from support import guests
from support.forms import ReplyForm
from support.models import Author, EntryEvent, Ticket, TicketEntry, TicketState
from support.telling import paragraphs

TONES = {
    TicketState.NEW: "warn",
    TicketState.OPEN: "warn",
    TicketState.WAITING: "good",
    TicketState.SOLVED: "good",
    TicketState.CLOSED: "plain",
}


@dataclass(frozen=True)
class Said:
    """One word: `who` is me, them or nobody (an event, told in one sentence)."""

    who: str
    name: str
    paragraphs: list[str]
    at: datetime
    by_mail: bool


def state_in_words(ticket: Ticket) -> str:
    """As its person reads it."""
    return {
        TicketState.NEW: _("We have it"),
        TicketState.OPEN: _("We are on it"),
        TicketState.WAITING: pgettext("ticket", "Answered"),
        TicketState.SOLVED: pgettext("ticket", "Solved"),
        TicketState.CLOSED: pgettext("ticket", "Closed"),
    }[TicketState(ticket.state)]


def title_of(ticket: Ticket) -> str:
    """What its person called it; what opened by itself is named after its order."""
    if ticket.opened_by == "system":
        return _("Order %(reference)s took longer than promised") % {"reference": ticket.title}
    return ticket.title or _("A question")


def facts(ticket: Ticket, form: ReplyForm, *, now: datetime) -> dict[str, Any]:
    """The context of the page."""
    order = ticket.order
    return {
        "place": "help",
        "ticket": ticket,
        "title": title_of(ticket),
        "state_words": state_in_words(ticket),
        "tone": TONES[TicketState(ticket.state)],
        "says": _says(ticket, now=now),
        "said": [_said(entry) for entry in ticket.entries.filter(is_internal=False)],
        "form": form,
        "order": order,
        "order_title": wording.title_of(order) if order else "",
        "order_url": _order_url(ticket),
        "may_solve": ticket.state not in {TicketState.SOLVED, TicketState.CLOSED},
        **_addresses(ticket),
    }


def _order_url(ticket: Ticket) -> str:
    """Where its person sees the order; whoever paid for another's number does not."""
    if ticket.subscriber is None or ticket.order_id is None:
        return ""
    seen = Order.objects.visible_to(ticket.subscriber).filter(pk=ticket.order_id)
    return reverse("order", args=[ticket.order_id]) if seen.exists() else ""


def _addresses(ticket: Ticket) -> dict[str, str]:
    prefix, given = ("", ticket.pk) if ticket.subscriber_id else ("guest_", guests.token_of(ticket))
    return {
        "reply_url": reverse(f"{prefix}ticket_reply", args=[given]),
        "solve_url": reverse(f"{prefix}ticket_solve", args=[given]),
    }


def _says(ticket: Ticket, *, now: datetime) -> str:
    """One sentence about what happens next; the moment of the promise stands beside it."""
    if ticket.is_late(now):
        return _("We promised an answer by now and are late. We are sorry; it stands at the top of our list.")
    return {
        TicketState.NEW: _("A person reads it and answers here and by e-mail."),
        TicketState.OPEN: _("A person is looking into it and answers here and by e-mail."),
        TicketState.WAITING: _("Something is still open? Write below, and we go on."),
        TicketState.SOLVED: _("If it is not solved after all, write below: it is open again at once."),
        TicketState.CLOSED: _("Nobody has written for two weeks. Write below, and it is open again."),
    }[TicketState(ticket.state)]


def _said(entry: TicketEntry) -> Said:
    who = {Author.PERSON: "me", Author.STAFF: "them"}.get(Author(entry.author), "nobody")
    name = {"me": pgettext("who wrote", "You"), "them": _("Support")}.get(who, "")
    told = _event(entry)
    return Said(
        who="nobody" if told else who,
        name=name,
        paragraphs=[told] if told else paragraphs(entry.text) or [_("This text was deleted.")],
        at=entry.at,
        by_mail=entry.came_by == "mail",
    )


def _event(entry: TicketEntry) -> str:
    by_support = entry.author == Author.STAFF
    return {
        EntryEvent.SOLVED: _("Support marked it as solved.") if by_support else _("You marked it as solved."),
        EntryEvent.LATE: _(
            "Your payment has come, and what you ordered was not there within the five minutes that we promise. We opened this question ourselves. You need do nothing: we go on trying, and a person looks into it."
        ),
        EntryEvent.HELD: _(
            "Your payment has come, and what you ordered could not be given to the number. The money is yours: take it back with one tap on the order’s page. A person looks into it, too."
        ),
        EntryEvent.ARRIVED: _("What you ordered is there now. We are sorry that it took longer."),
        EntryEvent.GIVEN_BACK: _("The order was not carried out, and its money has gone back."),
    }.get(EntryEvent(entry.event), "")
