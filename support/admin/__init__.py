"""The desk's pages of this room."""

from support.admin import notices, tickets

__all__ = ["notices", "tickets"]
