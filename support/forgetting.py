"""Emptying what somebody wrote to us, and what was answered."""

from collections.abc import Sequence

from django.db.models import Q

from accounts.models import Subscriber
from support.models import GONE, Ticket, TicketEntry, TicketState


def forget(subscriber: Subscriber, addresses: Sequence[str]) -> int:
    """Every text and title of their tickets, those they wrote as a guest from one of `addresses` too, and the desk's notes; what they were
    about, and when, stays. Returns how many. Joins the caller's transaction.
    """
    theirs = Q(subscriber=subscriber)
    for address in addresses:
        theirs |= Q(subscriber=None, email__iexact=address)
    tickets = list(Ticket.objects.filter(theirs).order_by("pk").select_for_update(no_key=True, of=("self",)))
    for ticket in tickets:
        if ticket.is_open:
            ticket.move_to(TicketState.SOLVED)
    ids = [ticket.pk for ticket in tickets]
    TicketEntry.objects.filter(ticket__in=ids).exclude(text="").update(text="")
    Ticket.objects.filter(pk__in=ids).exclude(email="").update(email=GONE)
    return Ticket.objects.filter(pk__in=ids).update(title=GONE)
