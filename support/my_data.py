"""What this room holds about a person, for the copy they may have."""

from django.utils.translation import gettext as _

from accounts.models import Subscriber
from lib.my_data import Table, table
from support.models import Ticket, TicketEntry


def tables(subscriber: Subscriber) -> list[Table]:
    """Their tickets and what was said in them; notes of the desk are the desk's, and who answered is not named."""
    tickets = Ticket.objects.filter(subscriber=subscriber).order_by("pk")
    said = TicketEntry.objects.filter(ticket__subscriber=subscriber, is_internal=False).order_by("pk")
    return [
        table(
            "tickets", _("Questions you asked"), tickets, ticket="reference", about="topic", title="title", state="state",
            asked_at="opened_at", order="order__reference",
        ),
        table(
            "ticket_entries", _("What was said about them"), said, ticket="ticket__reference", by="author", at="at", what="event",
            text="text",
        ),
    ]  # fmt: skip
