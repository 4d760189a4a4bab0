"""Orders: what was promised, what happened, the money it moved and the messages it sent."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.admin.checking import CHECK, Asked, CheckAgainAdmin, all_of
from billing.admin.deciding import authority_of
from billing.admin.refund_requests import REFUND, RefundForm, ask_for_refund, facts_of_refund
from billing.admin.rows import (
    ORDER_TONES,
    EntriesOfOrder,
    EventsOfOrder,
    PaymentsOfOrder,
    ReceiptsOfOrder,
    RequestsOfOrder,
    ReviewItemsOfOrder,
)
from billing.giving_back import refund_requests
from billing.models import Order, OrderState
from billing.order_pages.timeline import timeline
from billing.wording import grants_in_words, title_of
from lib.admin.acts import Act
from lib.admin.columns import column, line_of, link_to, masked_address_of, moment_of, money_of, state_of
from lib.admin.form_page import Fact
from lib.admin.showing import NOTHING, moment
from lib.templatetags.formats import amount
from notifications.models import Message


def _grants(order: Order) -> SafeString | str:
    rows = ((grant.words, amount(grant.amount, grant.unit)) for grant in grants_in_words(order.grants))
    return format_html_join("", "<div>{}: {}</div>", rows) or NOTHING


def _consents(order: Order) -> SafeString | str:
    """What was ticked, in which version of the text, when."""
    words = {"start_at_once": _("start at once"), "text_version": _("version"), "at": _("given")}
    rows = ((words.get(name, name), _said(value)) for name, value in sorted(order.consents.items()))
    return format_html_join("", "<div>{}: {}</div>", rows) or NOTHING


def _said(value: object) -> object:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    try:
        return moment(datetime.fromisoformat(str(value)))
    except ValueError:
        return value


_DISPUTED = _("A dispute is open: the payer’s bank is deciding about this money.")


@admin.register(Order)
class OrderAdmin(CheckAgainAdmin):
    line_path = "line_id"
    acts = [CHECK, REFUND]
    list_display = ["reference", "title", "line_masked", "price", "standing", "placed"]
    list_filter = ["state", "what", "method"]
    list_select_related = ["line", "plan"]
    ordering = ["-pk"]
    inlines = [PaymentsOfOrder, ReceiptsOfOrder, RequestsOfOrder, EntriesOfOrder, ReviewItemsOfOrder, EventsOfOrder]
    change_form_template = "admin/billing/order/change_form.html"
    fields = [
        "reference",
        "standing",
        "title",
        "line_masked",
        "buyer_linked",
        "payer",
        "start",
        "method",
        "price",
        "net",
        "vat",
        "vat_percent",
        "country",
        "placed",
        "payable_until",
        "paid",
        "applied",
        "grants_shown",
        "consents_shown",
    ]

    title = column(_("what"), title_of)
    line_masked = line_of("line", _("line"))
    buyer_linked = link_to("buyer", _("buyer"))
    payer = masked_address_of("payer_email", _("payer's e-mail"))
    standing = state_of(_("state"), ORDER_TONES)
    price = money_of("price_minor", _("price, VAT included"))
    net = money_of("net_minor", _("net"))
    vat = money_of("vat_minor", _("VAT"))
    placed = moment_of("placed_at", _("placed"))
    payable_until = moment_of("expires_at", _("payable until"))
    paid = moment_of("paid_at", _("paid at"))
    applied = moment_of("applied_at", _("applied at"))
    grants_shown = column(_("grants"), _grants)
    consents_shown = column(_("consents"), _consents)

    def asked_about(self, row: Order) -> Iterable[Asked]:
        return all_of(row)

    def offers(self, request: HttpRequest, row: Order) -> Mapping[str, str]:
        shown = {CHECK.name: ""}
        if row.state == OrderState.APPLIED:
            shown[REFUND.name] = str(_DISPUTED) if refund_requests.is_disputed(row) else ""
        return shown

    def form_of(self, request: HttpRequest, row: Order, act: Act) -> RefundForm:
        return RefundForm(request.POST or None, order=row, by=authority_of(request))

    def facts_of(self, request: HttpRequest, row: Order, act: Act) -> list[Fact]:
        return facts_of_refund(row)

    def do_refund(self, request: HttpRequest, row: Order, form: RefundForm) -> str:
        return ask_for_refund(request, row, form)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if order := kwargs.get("obj"):
            context["steps"] = timeline(order).steps
            context["order_messages"] = Message.objects.filter(subject=order.subject).order_by("created_at")
        return super().render_change_form(request, context, *args, **kwargs)
