"""Pay-outs: approved by one of finance, sent by another. The bank account is shown to them alone, and each look is recorded."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.admin.deciding import DecidingAdmin, authority_of
from billing.admin.rows import PAYOUT_TONES
from billing.authority import DECIDE, OwnLine
from billing.models import OPEN_PAYOUT_STATES, Payout, PayoutState
from billing.paying_out import payouts_at_the_desk
from lib import clock
from lib.admin import people
from lib.admin.acts import Act
from lib.admin.columns import column, line_of, link_to, moment_of, money_of, state_of
from lib.money import format_money


class OpenFilter(admin.SimpleListFilter):
    title = gettext_lazy("on its way")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payout]) -> QuerySet[Payout]:
        return queryset.filter(state__in=OPEN_PAYOUT_STATES) if self.value() == "yes" else queryset


@admin.register(Payout)
class PayoutAdmin(DecidingAdmin):
    line_path = "line_id"
    list_display = ["asked", "line_masked", "cause", "amount", "bank_hint", "standing"]
    list_filter = [OpenFilter, "state", "cause"]
    list_select_related = ["line"]
    change_form_template = "admin/billing/payout/change_form.html"
    acts = [
        Act(name="approve", words=gettext_lazy("Approve"), right=DECIDE),
        Act(name="send", words=gettext_lazy("I have sent it"), right=DECIDE),
        Act(
            name="refuse",
            words=gettext_lazy("Refuse"),
            right=DECIDE,
            reason=gettext_lazy("Why? The receiver reads this."),
        ),
    ]
    fields = [
        "cause",
        "line_masked",
        "receiver",
        "order_linked",
        "item_linked",
        "amount",
        "bank_hint",
        "standing",
        "asked_name",
        "asked",
        "approved_name",
        "approved",
        "ended_name",
        "ended",
        "reason",
    ]

    line_masked = line_of("line", gettext_lazy("line"))
    receiver = link_to("subscriber", gettext_lazy("to"))
    order_linked = link_to("order", gettext_lazy("order"))
    item_linked = link_to("item", gettext_lazy("review item"), shown_as="kind")
    amount = money_of("amount_minor", gettext_lazy("amount"))
    standing = state_of(gettext_lazy("state"), PAYOUT_TONES)
    asked_name = column(gettext_lazy("asked by"), lambda row: people.name_of(row.asked_by))
    approved_name = column(gettext_lazy("approved by"), lambda row: people.name_of(row.approved_by))
    ended_name = column(gettext_lazy("sent or refused by"), lambda row: people.name_of(row.ended_by))
    asked = moment_of("asked_at", gettext_lazy("asked"))
    approved = moment_of("approved_at", gettext_lazy("approved"))
    ended = moment_of("ended_at", gettext_lazy("sent or refused"))

    def heading(self, row: Payout) -> str:
        return format_money(row.amount_minor, row.currency)

    def offers(self, request: HttpRequest, row: Payout) -> Mapping[str, str]:
        actor = authority_of(request).actor
        second = _("A second person does this.")
        if row.state == PayoutState.REQUESTED:
            return {"approve": second if row.asked_by == actor else "", "refuse": ""}
        if row.state == PayoutState.APPROVED:
            return {"send": second if row.approved_by == actor else "", "refuse": ""}
        return {}

    def do_approve(self, request: HttpRequest, row: Payout) -> str:
        payouts_at_the_desk.approve(row.pk, by=authority_of(request), now=clock.now())
        return _("Approved. Somebody else makes the bank transfer and says so here.")

    def do_send(self, request: HttpRequest, row: Payout) -> str:
        payouts_at_the_desk.send(row.pk, by=authority_of(request), now=clock.now())
        return _("Sent and booked. The receiver is told, and the bank data is deleted.")

    def do_refuse(self, request: HttpRequest, row: Payout, reason: str) -> str:
        payouts_at_the_desk.refuse(row.pk, reason=reason, by=authority_of(request), now=clock.now())
        return _("Refused. The money is back where it came from, and the receiver is told.")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row and request.user.has_perm(DECIDE):
            try:
                context["account"] = payouts_at_the_desk.bank_account(row, by=authority_of(request))
            except OwnLine:
                context["account"] = None
        return super().render_change_form(request, context, *args, **kwargs)
