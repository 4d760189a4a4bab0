"""The address that answers a ticket's mails come to: it names the ticket and proves, by its seal, that it is ours."""

import base64
import hashlib
import hmac
from uuid import UUID

from django.conf import settings

from support.models import Ticket

_SEAL_BYTES = 10


def address_of(ticket: Ticket) -> str:
    """`reply+7k2m9qx-…@in.operator.example`; nothing where mails are not read."""
    name, at, domain = settings.REPLY_ADDRESS.partition("@")
    short = ticket.reference.removeprefix("T-").lower()
    return f"{name}+{short}-{_seal(settings.SECRET_KEY, ticket.pk)}@{domain}" if at else ""


def ticket_of(address: str) -> Ticket | None:
    """The ticket an address of ours names, in capitals or not; None for anything else."""
    token = address.rpartition("@")[0].partition("+")[2].lower()
    short, _hyphen, seal = token.partition("-")
    ticket = Ticket.objects.filter(reference=f"T-{short.upper()}").first() if seal else None
    if ticket is None:
        return None
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_ours = any(hmac.compare_digest(_seal(key, ticket.pk).encode(), seal.encode()) for key in keys)
    return ticket if is_ours else None


def _seal(key: str, ticket_id: UUID) -> str:
    """80 bits in letters and digits that survive a mail server that changes case."""
    digest = hmac.new(key.encode(), b"reply to a ticket:" + ticket_id.bytes, hashlib.sha256).digest()
    return base64.b32encode(digest[:_SEAL_BYTES]).decode().lower()
