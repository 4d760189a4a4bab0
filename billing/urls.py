"""Addresses of money."""

from django.urls import path

from billing import webhooks
from billing.views import (
    credit,
    orders,
    payouts,
    receipts,
    review,
    standing,
    transfers,
    vouchers,
    ways_to_pay,
    withdrawals,
)

urlpatterns = [
    path("plans/<slug:code>/order/", review.review, name="order_review"),
    path("top-up/", credit.top_up, name="top_up"),
    path("credit/", credit.credit, name="credit"),
    path("credit/payout/", payouts.payout, name="payout"),
    path("credit/payout/<uuid:payout_id>/cancel/", payouts.cancel, name="payout_cancel"),
    path("voucher/", vouchers.voucher, name="voucher"),
    path("voucher/check/", vouchers.check, name="voucher_check"),
    path("transfers/<uuid:account_id>/send-back/", transfers.send_back, name="transfer_send_back"),
    path("ways-to-pay/", ways_to_pay.listed, name="ways_to_pay"),
    path("ways-to-pay/save/", ways_to_pay.save, name="way_to_pay_save"),
    path("ways-to-pay/saved/<uuid:page_id>/", ways_to_pay.saved, name="way_to_pay_saved"),
    path("ways-to-pay/<uuid:method_id>/first/", ways_to_pay.use_first, name="way_to_pay_first"),
    path("ways-to-pay/<uuid:method_id>/backup/", ways_to_pay.use_when_it_fails, name="way_to_pay_backup"),
    path("ways-to-pay/<uuid:method_id>/remove/", ways_to_pay.remove, name="way_to_pay_remove"),
    path("lines/<uuid:line_id>/auto-renew/", standing.renew, name="auto_renew"),
    path("lines/<uuid:line_id>/auto-renew/off/", standing.renew_off, name="auto_renew_off"),
    path("lines/<uuid:line_id>/auto-renew/cancel-next/", standing.cancel_next, name="auto_renew_cancel_next"),
    path("lines/<uuid:line_id>/auto-top-up/", standing.top_up, name="auto_top_up"),
    path("lines/<uuid:line_id>/auto-top-up/off/", standing.top_up_off, name="auto_top_up_off"),
    path("receipts/", receipts.receipts, name="receipts"),
    path("receipts/<uuid:receipt_id>/", receipts.receipt, name="receipt"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<uuid:order_id>/", orders.order, name="order"),
    path("orders/<uuid:order_id>/timeline/", orders.timeline, name="order_timeline"),
    path("orders/<uuid:order_id>/summary/", orders.summary, name="order_summary"),
    path("orders/<uuid:order_id>/pay/", orders.pay, name="order_pay"),
    path("orders/<uuid:order_id>/transfer/", transfers.transfer, name="order_transfer"),
    path("orders/<uuid:order_id>/pay-another-way/", transfers.pay_another_way, name="order_pay_another_way"),
    path("orders/<uuid:order_id>/cancel/", orders.cancel, name="order_cancel"),
    path("orders/<uuid:order_id>/give-back/", orders.give_back, name="order_give_back"),
    path("orders/<uuid:order_id>/withdraw/", withdrawals.withdraw, name="order_withdraw"),
    path("orders/<uuid:order_id>/keep-as-credit/", orders.keep_as_credit, name="order_keep_as_credit"),
    path("webhooks/stripe/", webhooks.stripe, name="stripe_webhook"),
]
