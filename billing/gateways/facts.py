"""What a gateway says of payments and refunds."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from lib.money import Money


class FactState(StrEnum):
    """`authorised`: the payer's bank has set the sum aside; nothing has been taken yet."""

    OPEN = "open"
    PROCESSING = "processing"
    AUTHORISED = "authorised"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Advice(StrEnum):
    """What the payer's bank says of trying again (docs.stripe.com/declines, advice_code)."""

    NONE = ""
    LATER = "try_again_later"
    OTHER_DATA = "confirm_card_data"
    NEVER = "do_not_try_again"


@dataclass(frozen=True, kw_only=True)
class MethodFact:
    """A way to pay: `way` is card or paypal, `label` e.g. `Visa ···4242`, `fingerprint` the same for the same card,
    `expires` its last year and month, `customer_id` whose it is when it is kept.
    """

    gateway_id: str
    way: str
    label: str
    fingerprint: str = ""
    expires: tuple[int, int] | None = None
    customer_id: str = ""


@dataclass(frozen=True, kw_only=True)
class PaymentFact:
    """What the gateway says of a payment now. `received` is set when `state` is succeeded, and may be zero. `wants_bank`: the
    payer has to confirm it with their bank. `method`: what it was or would be paid with.
    """

    state: FactState
    intent_id: str | None = None
    received: Money | None = None
    method_label: str = ""
    failure_code: str = ""
    advice: Advice = Advice.NONE
    wants_bank: bool = False
    method: MethodFact | None = None


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
