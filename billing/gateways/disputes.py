"""What a gateway says of a disputed payment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from lib.money import Money


class DisputeFactState(StrEnum):
    INQUIRY = "inquiry"
    OPEN = "open"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, kw_only=True)
class DisputeFact:
    """The present state of a case. `is_withdrawn`: the payer's bank has the money, or had it until it was won."""

    gateway_id: str
    intent_id: str | None
    state: DisputeFactState
    amount: Money
    reason: str
    is_withdrawn: bool
    evidence_until: datetime | None
    opened_at: datetime


class Disputes(Protocol):
    """Every call goes over the network and raises OutcomeUnknown, Refused, Unavailable."""

    def dispute_fact(self, gateway_id: str) -> DisputeFact:
        """The present state of a dispute."""
        ...
