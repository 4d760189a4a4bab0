"""Emptying what somebody wrote to us, and what was answered."""

from collections.abc import Sequence

from django.db.models import Q

from accounts.models import Subscriber
from notifications.my_data import Held
from support.models import GONE, Ticket, TicketEntry, TicketState


def forget(subscriber: Subscriber, held: Sequence[Held]) -> int:
    """Every text and title of their tickets, those they wrote as a guest too, from an address while it was theirs (from the first one, before
    they registered as well), and the desk's notes; what they were about, and when, stays. Returns how many. Joins the caller's transaction.
    """
    theirs = Q(subscriber=subscriber)
    for address, since, until in held:
        as_guest = Q(subscriber=None, email__iexact=address)
        if since > subscriber.created_at:
            as_guest &= Q(opened_at__gte=since)
        if until:
            as_guest &= Q(opened_at__lt=until)
        theirs |= as_guest
    tickets = list(Ticket.objects.filter(theirs).order_by("pk").select_for_update(no_key=True, of=("self",)))
    for ticket in tickets:
        if ticket.is_open:
            ticket.move_to(TicketState.SOLVED)
    ids = [ticket.pk for ticket in tickets]
    TicketEntry.objects.filter(ticket__in=ids).exclude(text="").update(text="")
    Ticket.objects.filter(pk__in=ids).exclude(email="").update(email=GONE)
    return Ticket.objects.filter(pk__in=ids).update(title=GONE)
