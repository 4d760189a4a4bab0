"""What this room keeps about somebody, for the file they may have of it, and how it is forgotten."""

from typing import Any

from accounts.models import Subscriber
from lib.transactions import whole
from support.models import Ticket, TicketEntry

#: Stands where a title was.
FORGOTTEN = "–"


def of(subscriber: Subscriber) -> list[dict[str, Any]]:
    """Their tickets with all that was said in them, oldest first; notes of the desk are the desk's."""
    return [_told(ticket) for ticket in subscriber.tickets.order_by("pk").prefetch_related("entries")]


def _told(ticket: Ticket) -> dict[str, Any]:
    said = [entry for entry in ticket.entries.all() if not entry.is_internal]
    return {
        "reference": ticket.reference,
        "about": ticket.topic,
        "title": ticket.title,
        "opened_at": ticket.opened_at.isoformat(),
        "state": ticket.state,
        "said": [
            {"by": entry.author, "at": entry.at.isoformat(), "what": entry.event, "text": entry.text} for entry in said
        ],
    }


@whole
def forget(subscriber: Subscriber) -> int:
    """Empty every text and title of their tickets, the desk's notes too; what they were about, and when, stays. Returns how many."""
    tickets = subscriber.tickets.order_by("pk").select_for_update(no_key=True, of=("self",))
    ids = list(tickets.values_list("pk", flat=True))
    TicketEntry.objects.filter(ticket__in=ids).exclude(text="").update(text="")
    return Ticket.objects.filter(pk__in=ids).update(title=FORGOTTEN)
