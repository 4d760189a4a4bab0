"""E-mails about tickets, written in the caller's transaction. What was said goes along; where to answer, too."""

from collections.abc import Mapping
from typing import Any

from notifications import outbox
from notifications.outbox import Outgoing, Recipient
from support import guests, replying
from support.models import Ticket, TicketEntry


def opened(ticket: Ticket) -> None:
    """It arrived, and by when it is answered. What was asked is not repeated: a guest's address may be somebody else's."""
    at = ticket.promised_at.isoformat() if ticket.promised_at else ""
    _write(ticket, "ticket_opened", {"promised_at": at, "topic": str(ticket.topic)}, event="opened")


def answered(ticket: Ticket, entry: TicketEntry) -> None:
    """What support says, paragraph by paragraph."""
    context = {"question": ticket.title, "answer": paragraphs(entry.text), "is_solved": ticket.state == "solved"}
    _write(ticket, "ticket_answered", context, event=f"entry:{entry.pk}")


def of_late_order(ticket: Ticket, why: str) -> None:
    """Money came and the order was not there in time: `late`, `held`; or it has ended well: `arrived`, `given_back`."""
    order = ticket.order
    if order is None:
        raise ValueError(f"{ticket} is about no order")
    context = {"why": why, "order": order.reference, "price": {"minor": order.price_minor, "currency": order.currency}}
    _write(ticket, "order_late", context, event=why)


def paragraphs(text: str) -> list[str]:
    """The lines of a text, each one line whatever it holds; empty ones are left out."""
    lines = ("".join(letter if letter.isprintable() else " " for letter in line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def _write(ticket: Ticket, kind: str, context: Mapping[str, Any], *, event: str) -> None:
    common = {
        "reference": ticket.reference,
        "url": guests.page_of(ticket),
        "reply_to": replying.address_of(ticket),
    }
    outbox.send(
        Outgoing(
            kind=kind,
            channel="email",
            to=Recipient(ticket.address, *_reads(ticket)),
            context={**common, **context},
            key=f"{ticket.subject}:{event}:email",
            subject=ticket.subject,
        )
    )


def _reads(ticket: Ticket) -> tuple[str, str]:
    """Language and time zone: a subscriber's as they are now."""
    if person := ticket.subscriber:
        return person.language, person.time_zone
    return ticket.language, ticket.time_zone
