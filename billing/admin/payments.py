"""Payments and refunds as the gateway last told us."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.admin.checking import Asked, CheckAgainAdmin
from billing.admin.rows import PAYMENT_TONES, REFUND_TONES, DisputesOfPayment, RefundsOfPayment
from billing.models import Payment, Refund
from lib.admin.columns import column, line_of, link_to, moment_of, money_of
from lib.admin.showing import badge, state_badge
from lib.money import format_money


class UnknownFilter(admin.SimpleListFilter):
    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("unknown", _("outcome unknown"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        return queryset.exclude(unknown_since=None) if self.value() == "unknown" else queryset


def _payment_badge(payment: Payment) -> SafeString:
    return badge(str(_("outcome unknown")), "warn") if payment.unknown_since else state_badge(payment, PAYMENT_TONES)


@admin.register(Payment)
class PaymentAdmin(CheckAgainAdmin):
    line_path = "order.line_id"
    list_display = ["created", "order_linked", "line_masked", "amount", "received", "method_label", "standing"]
    list_filter = ["state", UnknownFilter]
    list_select_related = ["order__line"]
    ordering = ["-pk"]
    inlines = [RefundsOfPayment, DisputesOfPayment]
    fields = [
        "order_linked",
        "standing",
        "amount",
        "received",
        "method_label",
        "failure_code",
        "session_id",
        "intent_id",
        "idempotency_key",
        "attempts",
        "unknown",
        "asked",
        "created",
        "open_until",
    ]

    order_linked = link_to("order", _("order"))
    line_masked = line_of("order.line", _("line"))
    amount = money_of("amount_minor", _("asked for"))
    received = money_of("received_minor", _("received"), currency="received_currency")
    standing = column(_("state"), _payment_badge, ordering="state")
    unknown = moment_of("unknown_since", _("outcome unknown since"))
    asked = moment_of("asked_at", _("last asked at the gateway"))
    created = moment_of("created_at", _("created"))
    open_until = moment_of("expires_at", _("page open until"))

    def asked_about(self, row: Payment) -> Iterable[Asked]:
        return [row] if row.gateway_id else []

    def heading(self, row: Payment) -> str:
        return format_money(row.amount_minor, row.currency)


@admin.register(Refund)
class RefundAdmin(CheckAgainAdmin):
    line_path = "payment.order.line_id"
    list_display = ["created", "order_linked", "amount", "standing", "asked"]
    list_filter = ["state"]
    list_select_related = ["payment__order"]
    ordering = ["-pk"]
    fields = [
        "order_linked",
        "payment_linked",
        "item_linked",
        "request_linked",
        "standing",
        "amount",
        "gateway_id",
        "failure_code",
        "idempotency_key",
        "attempts",
        "asked",
        "created",
    ]

    order_linked = link_to("payment.order", _("order"))
    payment_linked = link_to("payment", _("payment"))
    item_linked = link_to("item", _("review item"), shown_as="kind")
    request_linked = link_to("request", _("refund request"))
    amount = money_of("amount_minor", _("amount"))
    standing = column(_("state"), lambda refund: state_badge(refund, REFUND_TONES), ordering="state")
    asked = moment_of("asked_at", _("last asked at the gateway"))
    created = moment_of("created_at", _("requested"))

    def asked_about(self, row: Refund) -> Iterable[Asked]:
        return [row]

    def heading(self, row: Refund) -> str:
        return format_money(row.amount_minor, row.currency)
