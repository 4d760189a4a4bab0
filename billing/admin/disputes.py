"""Disputes: a payer's bank took money back. Evidence is given in the gateway's dashboard; here is what it is about."""

from collections.abc import Iterable

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from billing.admin.checking import Asked, CheckAgainAdmin
from billing.admin.rows import DISPUTE_TONES
from billing.models import Dispute
from lib.admin.columns import line_of, link_to, moment_of, money_of, state_of
from lib.money import format_money


@admin.register(Dispute)
class DisputeAdmin(CheckAgainAdmin):
    line_path = "payment.order.line_id"
    list_display = ["opened", "order_linked", "line_masked", "amount", "standing", "until"]
    list_filter = ["state"]
    list_select_related = ["payment__order__line"]
    ordering = ["-opened_at"]
    fields = [
        "order_linked",
        "payment_linked",
        "line_masked",
        "standing",
        "amount",
        "reason",
        "until",
        "gateway_id",
        "opened",
        "withdrawn",
        "ended",
        "asked",
    ]

    order_linked = link_to("payment.order", _("order"))
    payment_linked = link_to("payment", _("payment"))
    line_masked = line_of("payment.order.line", _("line"))
    standing = state_of(_("state"), DISPUTE_TONES)
    amount = money_of("amount_minor", _("amount"))
    until = moment_of("evidence_until", _("evidence until"))
    opened = moment_of("opened_at", _("opened"))
    withdrawn = moment_of("withdrawn_at", _("money taken"))
    ended = moment_of("ended_at", _("ended"))
    asked = moment_of("asked_at", _("last asked at the gateway"))

    def asked_about(self, row: Dispute) -> Iterable[Asked]:
        return [row]

    def heading(self, row: Dispute) -> str:
        return format_money(row.amount_minor, row.currency)
