"""Mails that answer ours: each becomes one entry of the ticket whose address it came to, or nothing."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from lib.limits import Cap, over
from support import conversation, mail_text, replying
from support.models import Ticket

log = structlog.get_logger(__name__)

#: Of one ticket: two machines that answer each other are stopped here at the latest.
_CAP = Cap("ticket_mails", 20, 3600)
_BULK = {"bulk", "junk", "list", "auto_reply"}


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail as its provider has read it. `to`: every address it may have come to; `headers` in lower case."""

    sender: str
    to: list[str]
    text: str
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    is_spam: bool = False


def take(mail: Mail, *, now: datetime) -> Ticket | None:
    """The ticket it was added to, once however often it comes; None when it is nobody's or a forgotten one's, was sent by a machine, or says nothing.

    What comes from another address than the person's own is kept for the desk alone.
    """
    ticket = next(filter(None, (replying.ticket_of(address) for address in mail.to)), None)
    if ticket is None or not ticket.address or is_automatic(mail):
        log.info("mail.left_out", is_known=ticket is not None, is_automatic=is_automatic(mail))
        return None
    if over(_CAP, str(ticket.pk)):
        log.warning("mail.too_many", ticket=str(ticket.pk))
        return None
    if not (said := mail_text.said(mail.text, mail.html)):
        return None
    mail_id = _id_of(mail, ticket, said)
    if mail.is_spam or mail.sender.casefold() != ticket.address.casefold():
        conversation.keep_for_desk(ticket.pk, text=said, mail_id=mail_id, now=now)
    else:
        actor = f"subscriber:{ticket.subscriber_id}" if ticket.subscriber_id else "guest"
        conversation.reply(ticket.pk, text=said, actor=actor, now=now, mail_id=mail_id)
    return ticket


def is_automatic(mail: Mail) -> bool:
    """Sent by a machine (RFC 3834): a notice of absence, a bounce, a list."""
    told = mail.headers
    by_machine = told.get("auto-submitted", "no").partition(";")[0].strip().lower() != "no"
    in_bulk = told.get("precedence", "").strip().lower() in _BULK
    returned = told.get("return-path", "").strip() == "<>" or mail.sender.lower().startswith("mailer-daemon@")
    return by_machine or in_bulk or returned or "list-id" in told or "x-autoreply" in told


def _id_of(mail: Mail, ticket: Ticket, said: str) -> str:
    """By its Message-ID; one without is told from others by what it says."""
    known = mail.headers.get("message-id", "").strip() or f"{mail.sender} {said}"
    return hashlib.sha256(f"{ticket.pk} {known}".encode()).hexdigest()
