from billing.models.adjustment import ADJUSTMENT_MOVES, Adjustment, AdjustmentPart, AdjustmentState
from billing.models.cursor import GatewayCursor
from billing.models.dispute import DISPUTE_MOVES, OPEN_DISPUTE_STATES, Dispute, DisputeState
from billing.models.gateway_move import GatewayMove, MoveKind
from billing.models.inbox import EventState, WebhookEvent
from billing.models.ledger import AccountKind, EntryKind, LedgerAccount, LedgerEntry
from billing.models.order import (
    GATEWAY_METHODS,
    ORDER_MOVES,
    PAGE_METHODS,
    Method,
    Order,
    OrderEvent,
    OrderState,
    OrderWhat,
    Start,
)
from billing.models.payment import LIVE_PAYMENT_STATES, PAYMENT_MOVES, Payment, PaymentState, PaymentWay
from billing.models.payout import OPEN_PAYOUT_STATES, PAYOUT_MOVES, Payout, PayoutCause, PayoutState
from billing.models.receipt import Receipt, ReceiptCounter, ReceiptSeries
from billing.models.refund import (
    REFUND_MOVES,
    REQUEST_MOVES,
    Refund,
    RefundCause,
    RefundRequest,
    RefundRequestState,
    RefundState,
)
from billing.models.review import HELD_KINDS, ReviewItem, ReviewKind, ReviewOutcome
from billing.models.transfer import TransferAccount, TransferMovement, TransferReturn
from billing.models.vat import VatRate
from billing.models.voucher import VOUCHER_MOVES, Voucher, VoucherBatch, VoucherNature, VoucherState

__all__ = [
    "ADJUSTMENT_MOVES",
    "DISPUTE_MOVES",
    "GATEWAY_METHODS",
    "HELD_KINDS",
    "LIVE_PAYMENT_STATES",
    "OPEN_DISPUTE_STATES",
    "OPEN_PAYOUT_STATES",
    "ORDER_MOVES",
    "PAGE_METHODS",
    "PAYMENT_MOVES",
    "PAYOUT_MOVES",
    "REFUND_MOVES",
    "REQUEST_MOVES",
    "VOUCHER_MOVES",
    "AccountKind",
    "Adjustment",
    "AdjustmentPart",
    "AdjustmentState",
    "Dispute",
    "DisputeState",
    "EntryKind",
    "EventState",
    "GatewayCursor",
    "GatewayMove",
    "LedgerAccount",
    "LedgerEntry",
    "Method",
    "MoveKind",
    "Order",
    "OrderEvent",
    "OrderState",
    "OrderWhat",
    "Payment",
    "PaymentState",
    "PaymentWay",
    "Payout",
    "PayoutCause",
    "PayoutState",
    "Receipt",
    "ReceiptCounter",
    "ReceiptSeries",
    "Refund",
    "RefundCause",
    "RefundRequest",
    "RefundRequestState",
    "RefundState",
    "ReviewItem",
    "ReviewKind",
    "ReviewOutcome",
    "Start",
    "TransferAccount",
    "TransferMovement",
    "TransferReturn",
    "VatRate",
    "Voucher",
    "VoucherBatch",
    "VoucherNature",
    "VoucherState",
    "WebhookEvent",
]
