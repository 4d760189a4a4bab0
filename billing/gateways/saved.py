"""What we ask of a gateway that keeps ways to pay: save one, charge it while its owner is away, set money aside first."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from billing.gateways.facts import MethodFact, PaymentFact
from lib.money import Money

if TYPE_CHECKING:
    from billing.gateways.protocol import CheckoutPage


class SavingState(StrEnum):
    OPEN = "open"
    SAVED = "saved"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class SavingRequest:
    """A page on which a way to pay (`way`: card or paypal) is saved for a customer and nothing is paid."""

    saving_id: UUID
    customer_id: str
    way: str
    language: str
    currency: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    idempotency_key: str


@dataclass(frozen=True, kw_only=True)
class SavingFact:
    """`method` is set when `state` is saved."""

    state: SavingState
    method: MethodFact | None = None


@dataclass(frozen=True, kw_only=True)
class ChargeRequest:
    """Take `price` with a saved way to pay while its owner is away. Without `intent_id` a new intent is made; with one, that
    intent is tried again.
    """

    payment_id: UUID
    order_reference: str
    price: Money
    customer_id: str
    method_id: str
    idempotency_key: str
    intent_id: str = ""


@dataclass(frozen=True, kw_only=True)
class MandateFact:
    """Whether the payer's permission still stands at their bank or PayPal, and for which saved way to pay."""

    method_id: str
    is_active: bool


class SavedMethods(Protocol):
    """Every call goes over the network and raises OutcomeUnknown, Refused, Unavailable."""

    def open_saving_page(self, request: SavingRequest) -> "CheckoutPage":
        """A page for saving alone; the same key returns the same page."""
        ...

    def saving_fact(self, session_id: str) -> SavingFact:
        """What became of a page for saving."""
        ...

    def method_fact(self, method_id: str) -> MethodFact | None:
        """A saved way to pay as it is now; None when the gateway does not know it any more. `customer_id` is empty when it is
        no longer kept for anybody.
        """
        ...

    def methods_of(self, customer_id: str) -> list[MethodFact]:
        """All cards and PayPal accounts that are kept for a customer, newest first, at most 100 of each."""
        ...

    def forget_method(self, method_id: str) -> None:
        """Keep it no more. One that is not kept already is no error."""
        ...

    def mandate_fact(self, mandate_id: str) -> MandateFact:
        """What a permission is worth now."""
        ...

    def charge(self, request: ChargeRequest) -> PaymentFact:
        """Try to take the money. A decline is an answer, not an error: state open with `failure_code`, `advice`, `wants_bank`."""
        ...

    def charge_fact(self, intent_id: str) -> PaymentFact:
        """The present state of an intent of ours, whatever made it."""
        ...

    def close_charge(self, intent_id: str) -> PaymentFact:
        """Try it no more; returns what is true afterwards (perhaps it was paid just before)."""
        ...

    def find_charge(self, payment_id: UUID, *, customer_id: str, since: datetime) -> PaymentFact | None:
        """The intent of a payment of ours that the gateway has made after `since`, if any: for a call that was never answered."""
        ...

    def take(self, intent_id: str, *, idempotency_key: str) -> PaymentFact:
        """Take money that was set aside (state authorised). Taken already is no error."""
        ...

    def release(self, intent_id: str) -> PaymentFact:
        """Let go of money that was set aside; returns what is true afterwards."""
        ...
