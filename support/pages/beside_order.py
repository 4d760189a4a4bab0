"""An order's page shows the reader's ticket about it."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Subscriber
from billing.models import Order
from billing.order_pages.beside import Beside
from support.models import Ticket, TicketState
from support.pages.ticket_page import TONES, state_in_words


def ticket_of_order(order: Order, reader: Subscriber) -> list[Beside]:
    """The latest one, while it is not put away."""
    ticket = reader.tickets.filter(order=order).exclude(state=TicketState.CLOSED).order_by("-pk").first()
    return [_shown(ticket)] if ticket else []


def _shown(ticket: Ticket) -> Beside:
    return Beside(
        title=_("Your question %(reference)s") % {"reference": ticket.reference},
        url=reverse("ticket", args=[ticket.pk]),
        badge=state_in_words(ticket),
        tone=TONES[TicketState(ticket.state)],
    )
