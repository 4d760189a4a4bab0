"""What we ask of a gateway, and what it can answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from billing.gateways.books import Books
from billing.gateways.disputes import Disputes
from billing.gateways.facts import PaymentFact, RefundFact
from billing.gateways.saved import SavedMethods
from billing.gateways.transfers import Transfers
from lib.money import Money


class GatewayProblem(Exception):
    """Base of everything a call can end in but an answer."""


class OutcomeUnknown(GatewayProblem):
    """No answer in time: the gateway may or may not have done it. The same key asks again safely."""


class Refused(GatewayProblem):
    """The gateway understood and said no; asking the same again is useless."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unavailable(GatewayProblem):
    """The gateway is there but cannot now (429, 5xx stored under the key, circuit open)."""


class NotSigned(Exception):
    """The notice does not come from the gateway, is too old, or from the future."""


class NotReadable(Exception):
    """Signed, but not what a notice looks like, or from another account or mode."""


@dataclass(frozen=True, kw_only=True)
class CheckoutRequest:
    """A page on which exactly `price` can be paid by `way`, card or paypal. `expires_at` is real time, 30 min to 24 h ahead.

    With a `customer_id` the page is that customer's, and `saves` keeps the way to pay for them. `sets_aside`: the money is only
    set aside, until `take` or `release`. Exactly one of `payment_id` and `top_up_id` says what it is for.
    """

    payment_id: UUID | None = None
    top_up_id: UUID | None = None
    order_reference: str
    title: str
    way: str
    price: Money
    email: str
    language: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    idempotency_key: str
    customer_id: str = ""
    saves: bool = False
    sets_aside: bool = False


@dataclass(frozen=True, kw_only=True)
class CheckoutPage:
    session_id: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A signed notice, reduced to ids: what it is about is asked anew. The ids at the end are ours, from its metadata."""

    event_id: str
    kind: str
    object_id: str
    happened_at: datetime
    payment_id: UUID | None
    refund_id: UUID | None
    top_up_id: UUID | None = None
    saving_id: UUID | None = None


class Gateway(Disputes, Transfers, SavedMethods, Books, Protocol):
    """Every call goes over the network: never inside a transaction. All but `read_notice` raise OutcomeUnknown, Refused,
    Unavailable.
    """

    def abilities(self) -> frozenset[str]:
        """What the account can take now: `card`, `paypal`, and `transfer:EUR` for each currency of bank transfers."""
        ...

    def open_page(self, request: CheckoutRequest) -> CheckoutPage:
        """A new payment page; the same key returns the same page."""
        ...

    def page_fact(self, session_id: str) -> PaymentFact:
        """The present state of what is paid on that page."""
        ...

    def close_page(self, session_id: str) -> PaymentFact:
        """Let nobody pay there any more; returns what is true afterwards (perhaps it was paid just before)."""
        ...

    def give_back(
        self, *, intent_id: str, amount: Money, refund_id: UUID, idempotency_key: str, email: str = ""
    ) -> RefundFact:
        """Send money back by the way it came. `email`: where the payer of a bank transfer is asked for their bank account."""
        ...

    def refunds_of(self, intent_id: str) -> list[RefundFact]:
        """Every refund of a payment, ours or not, newest first, at most 100."""
        ...

    def find_refund(self, *, intent_id: str, refund_id: UUID) -> RefundFact | None:
        """The refund of ours that the gateway has made of this payment, if any: asked before asking for it again."""
        ...

    def refund_fact(self, gateway_id: str) -> RefundFact:
        """The present state of a refund."""
        ...

    def read_notice(self, payload: bytes, signature: str) -> Notice:
        """Raises NotSigned, NotReadable."""
        ...

    def events(self, *, since: datetime, until: datetime) -> Iterator[list[Notice]]:
        """What the gateway has to tell of that time, as its notices, a page after the other, newest first; 30 days back at most."""
        ...

    def find_page(self, payment_id: UUID, *, since: datetime) -> CheckoutPage | None:
        """The page for a payment of ours that the gateway has made after `since`, if any, be it open or not: for a call that was
        never answered.
        """
        ...
