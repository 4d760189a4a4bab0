"""What a gateway tells of its own books: our balance there, each movement of it, and what it pays out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from lib.money import Money


class MoveFactKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    DISPUTE = "dispute"
    DISPUTE_WON = "dispute_won"
    PAYOUT = "payout"
    PAYOUT_FAILED = "payout_failed"
    FEE = "fee"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class MoveFact:
    """One movement of our balance. `amount` and `fee` are signed: what came in, and what of it the gateway kept.

    `object_id`: the refund, dispute or payout it is about; `intent_id`: the payment behind it. `payment_id`, `refund_id` are ours.
    """

    gateway_id: str
    kind: MoveFactKind
    their_kind: str
    amount: Money
    fee: Money
    happened_at: datetime
    object_id: str = ""
    intent_id: str = ""
    payment_id: UUID | None = None
    refund_id: UUID | None = None


class PayoutFactState(StrEnum):
    ON_ITS_WAY = "on_its_way"
    PAID = "paid"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class PayoutFact:
    """Money that the gateway sends to our bank."""

    gateway_id: str
    state: PayoutFactState
    amount: Money


class Books(Protocol):
    """Every call goes over the network and raises OutcomeUnknown, Refused, Unavailable. `since` and `until` are
    real time; the seconds in which they lie are included. Pages come newest first, at most a hundred at a time.
    """

    def balance(self) -> dict[str, int]:
        """What the gateway holds for us now, paid out to us or not yet available: currency -> minor units."""
        ...

    def balance_moves(self, *, since: datetime, until: datetime) -> Iterator[list[MoveFact]]:
        """Every movement of the balance in that time."""
        ...

    def payouts(self, *, since: datetime, until: datetime) -> Iterator[list[PayoutFact]]:
        """Every payout that was begun in that time, as it stands now."""
        ...
