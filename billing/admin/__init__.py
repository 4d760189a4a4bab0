from billing.admin import (
    adjustments,
    disputes,
    inbox,
    ledger,
    orders,
    payments,
    payouts,
    refund_requests,
    reviews,
    vat,
    voucher_batches,
    vouchers,
)

__all__ = [
    "adjustments",
    "disputes",
    "inbox",
    "ledger",
    "orders",
    "payments",
    "payouts",
    "refund_requests",
    "reviews",
    "vat",
    "voucher_batches",
    "vouchers",
]
