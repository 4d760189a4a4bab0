"""How often one may write."""

from django.conf import settings

from lib.limits import Cap, over

_HOUR = 3600


class TooManyTickets(Exception):
    """A cap is reached; nothing was written."""


def count(*, person: str, address: str) -> None:
    """Count one ticket or reply of `person` (an id, or a guest's e-mail) from the network address. Raises TooManyTickets."""
    caps = [
        (Cap("tickets_person", settings.TICKETS_PER_PERSON_HOUR, _HOUR), person),
        (Cap("tickets_address", settings.TICKETS_PER_ADDRESS_HOUR, _HOUR), address),
    ]
    if any(over(cap, key) for cap, key in caps if key):
        raise TooManyTickets
