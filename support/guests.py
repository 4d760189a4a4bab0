"""Where somebody without an account reads their ticket: an address that is signed and was sent to them by e-mail alone."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from support.models import Ticket

_SALT = "support.guest"
#: Every mail about the ticket brings a fresh link.
GOOD_FOR = timedelta(days=180)


def page_of(ticket: Ticket) -> str:
    """The whole address of the ticket's page for its person."""
    if ticket.subscriber_id:
        return settings.PORTAL_ORIGIN + reverse("ticket", args=[ticket.pk])
    return settings.PORTAL_ORIGIN + reverse("guest_ticket", args=[token_of(ticket)])


def token_of(ticket: Ticket) -> str:
    return signing.dumps(ticket.pk.hex, salt=_SALT)


def ticket_of(token: str) -> UUID | None:
    """The ticket's id; None for a token that is none of ours, or too old."""
    try:
        return UUID(str(signing.loads(token, salt=_SALT, max_age=GOOD_FOR)))
    except (signing.BadSignature, ValueError):
        return None
