"""Tickets with what was said in them, and notices of outages and planned works."""

from support.models.notice import Notice, NoticeKind, NoticePlace
from support.models.ticket import (
    GONE,
    OPEN_STATES,
    QUIET_STATES,
    TICKET_MOVES,
    Author,
    CameBy,
    EntryEvent,
    OpenedBy,
    Ticket,
    TicketEntry,
    TicketState,
    Topic,
)

__all__ = [
    "GONE",
    "OPEN_STATES",
    "QUIET_STATES",
    "TICKET_MOVES",
    "Author",
    "CameBy",
    "EntryEvent",
    "Notice",
    "NoticeKind",
    "NoticePlace",
    "OpenedBy",
    "Ticket",
    "TicketEntry",
    "TicketState",
    "Topic",
]
