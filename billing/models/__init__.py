from billing.models.inbox import EventState, WebhookEvent
from billing.models.ledger import AccountKind, EntryKind, LedgerAccount, LedgerEntry
from billing.models.order import (
    ORDER_MOVES,
    Method,
    Order,
    OrderEvent,
    OrderState,
    OrderWhat,
    Start,
)
from billing.models.payment import LIVE_PAYMENT_STATES, PAYMENT_MOVES, Payment, PaymentState
from billing.models.refund import REFUND_MOVES, Refund, RefundState
from billing.models.review import ReviewItem, ReviewKind, ReviewOutcome
from billing.models.vat import VatRate

__all__ = [
    "LIVE_PAYMENT_STATES",
    "ORDER_MOVES",
    "PAYMENT_MOVES",
    "REFUND_MOVES",
    "AccountKind",
    "EntryKind",
    "EventState",
    "LedgerAccount",
    "LedgerEntry",
    "Method",
    "Order",
    "OrderEvent",
    "OrderState",
    "OrderWhat",
    "Payment",
    "PaymentState",
    "Refund",
    "RefundState",
    "ReviewItem",
    "ReviewKind",
    "ReviewOutcome",
    "Start",
    "VatRate",
    "WebhookEvent",
]
