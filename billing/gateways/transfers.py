"""What we ask of a gateway that gives payers bank accounts to transfer to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from billing.gateways.facts import PaymentFact, RefundFact
from lib.money import Money


@dataclass(frozen=True, kw_only=True)
class TransferRequest:
    """Exactly `price` is awaited by bank transfer from a customer of the gateway. `country` is that of the account shown."""

    payment_id: UUID
    order_reference: str
    price: Money
    customer_id: str
    country: str
    idempotency_key: str


@dataclass(frozen=True, kw_only=True)
class TransferPlace:
    """Where to transfer. `instructions`: holder, reference, and iban and bic, or what the country has instead."""

    intent_id: str
    instructions: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One line of a customer's cash balance; `amount` is signed. `intent_id`: what it was used for."""

    gateway_id: str
    kind: str
    amount: Money
    happened_at: datetime
    intent_id: str | None


class Transfers(Protocol):
    """Every call goes over the network and raises OutcomeUnknown, Refused, Unavailable."""

    def open_account(self, *, email: str, account_id: UUID, idempotency_key: str) -> str:
        """A customer whose transfers are used only when we say for what; returns its id."""
        ...

    def open_transfer(self, request: TransferRequest) -> TransferPlace:
        """Wait for a transfer; the same key gives the same place."""
        ...

    def find_transfer(self, payment_id: UUID, *, customer_id: str, since: datetime) -> TransferPlace | None:
        """What the gateway waits for by a payment of ours, made after `since`, if anything: for a call that was never answered.
        One that nobody can transfer for any more has no instructions.
        """
        ...

    def transfer_fact(self, intent_id: str) -> PaymentFact:
        """The present state of what is awaited."""
        ...

    def close_transfer(self, intent_id: str) -> PaymentFact:
        """Wait no more; returns what is true afterwards. What comes later stays in the customer's cash balance."""
        ...

    def unused(self, customer_id: str) -> dict[str, int]:
        """What came in and was not used: currency -> minor units."""
        ...

    def movements(self, customer_id: str) -> list[Movement]:
        """The newest hundred lines of the cash balance, newest first."""
        ...

    def use_for(self, intent_id: str, amount: Money, *, idempotency_key: str) -> PaymentFact:
        """Use money of the cash balance for what is awaited."""
        ...

    def send_back(self, customer_id: str, amount: Money, *, return_id: UUID, idempotency_key: str) -> RefundFact:
        """Send unused money back to the bank account it came from."""
        ...

    def find_return(self, return_id: UUID, *, since: datetime) -> RefundFact | None:
        """The return of ours, that the gateway has made after `since`, if any: asked before asking for it again."""
        ...
