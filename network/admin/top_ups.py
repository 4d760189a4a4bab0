"""What outside sellers sold and took back: one by one, and what each collected on each day."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from billing.admin.rows import ORDER_TONES
from lib.admin.columns import column, line_of, link_to, masked_address_of, moment_of, money_of
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import NOTHING, badge, linked, moment
from network.models import ExternalTopUp
from network.top_ups import days


def _standing(top_up: ExternalTopUp) -> Any:
    order = top_up.order
    return badge(order.get_state_display(), ORDER_TONES.get(order.state, "plain"))  # type: ignore[call-overload]


def _back(top_up: ExternalTopUp, name: str) -> Any:
    return getattr(top_up.reversal, name) if hasattr(top_up, "reversal") else None


@admin.register(ExternalTopUp)
class ExternalTopUpAdmin(ReadOnlyAdmin):
    """Above the list stand the sums of what its filters leave."""

    is_personal = True
    subject_name = "outside"
    line_path = "order.line_id"
    change_list_template = "admin/network/externaltopup/change_list.html"
    list_display = ["paid", "source", "place_shown", "amount", "standing", "order_linked", "reference"]
    list_filter = ["source", "currency", "paid_at"]
    list_select_related = ["order", "reversal"]
    ordering = ["-paid_at", "-pk"]
    fields = [
        "source",
        "reference",
        "standing",
        "amount",
        "plan",
        "number_masked",
        "line_masked",
        "order_linked",
        "place_shown",
        "till",
        "paid",
        "told",
        "taken_back",
        "back_reference",
        "request_linked",
    ]

    amount = money_of("amount_minor", _("amount"))
    standing = column(_("state"), _standing, ordering="order__state")
    number_masked = masked_address_of("msisdn", _("number"))
    line_masked = line_of("order.line", _("line"))
    order_linked = link_to("order", _("order"))
    place_shown = column(_("place"), lambda row: row.place or NOTHING, ordering="place")
    paid = moment_of("paid_at", _("paid at"))
    told = moment_of("received_at", _("told us"))
    taken_back = column(_("taken back"), lambda row: moment(_back(row, "received_at")))
    back_reference = column(_("reference of the reversal"), lambda row: _back(row, "reference") or NOTHING)
    request_linked = column(_("refund request"), lambda row: linked(_back(row, "request")))

    def heading(self, row: ExternalTopUp) -> str:
        return str(row.paid)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown:
            shown["days"] = days.by_day(shown["cl"].queryset)
        return response
