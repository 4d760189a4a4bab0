"""What a gateway says of payments and refunds."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from lib.money import Money


class FactState(StrEnum):
    OPEN = "open"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class PaymentFact:
    """What the gateway says of a payment now. `received` is set when `state` is succeeded, and may be zero."""

    state: FactState
    intent_id: str | None = None
    received: Money | None = None
    method_label: str = ""
    failure_code: str = ""


class RefundFactState(StrEnum):
    PENDING = "pending"
    NEEDS_PAYER = "needs_payer"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class RefundFact:
    """`refund_id` is ours, from its metadata; None for one that was made in the gateway's dashboard."""

    gateway_id: str
    state: RefundFactState
    failure_code: str = ""
    amount: Money | None = None
    intent_id: str | None = None
    refund_id: UUID | None = None
