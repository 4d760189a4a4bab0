"""What we ask of whoever keeps the operator's cards and eSIM profiles (its card stock and its SM-DP+), in our words."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card of the operator's that is in no line. `puk`: where it is told."""

    iccid: str
    puk: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """An eSIM profile that is kept for one order. `address` and `matching_id` make its activation code (GSMA SGP.22, 4.1);
    `confirmation_code` is typed beside it where the operator wants one. `is_installed`: it is on a device.
    """

    iccid: str
    address: str
    matching_id: str = field(repr=False)
    confirmation_code: str = field(default="", repr=False)
    puk: str = field(default="", repr=False)
    is_installed: bool = False


class Cards(Protocol):
    """Called with no transaction open. Both raise provisioning.core.protocol.Refused, OutcomeUnknown."""

    def find(self, iccid: str) -> Card | None:
        """The card, if it is the operator's and free; None for one that is not, or is in a line."""
        ...

    def reserve(self, order_id: UUID, *, msisdn: str) -> Profile:
        """A profile for this order. The same id is the same profile however often it is asked for, as it stands now."""
        ...
