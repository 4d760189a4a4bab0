"""The ledger: pots of money and the immutable moves between them."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from billing.admin.rows import pot_of
from billing.models import LedgerAccount, LedgerEntry
from lib.admin.columns import line_of, link_to, moment_of, money_of
from lib.admin.reading import ReadOnlyAdmin
from lib.money import format_money


class _Linked(admin.SimpleListFilter):
    """Set by a link from another page; in the list's own filters only as what is set."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = request.GET.get(str(self.parameter_name))
        return [(chosen, _("the one you came from"))] if chosen else []


class OfLineFilter(_Linked):
    title = _("line")
    parameter_name = "line"

    def queryset(self, request: HttpRequest, queryset: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
        try:
            line_id = UUID(self.value() or "")
        except ValueError:
            return queryset
        return queryset.filter(Q(order__line=line_id) | Q(source__line=line_id) | Q(target__line=line_id))


class OfAccountFilter(_Linked):
    title = _("account")
    parameter_name = "account"

    def queryset(self, request: HttpRequest, queryset: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
        chosen = self.value() or ""
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
            return queryset
        return queryset.filter(Q(source=chosen) | Q(target=chosen))


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    line_path = "order.line_id"
    list_display = ["kind", "from_pot", "to_pot", "amount", "order_linked", "booked"]
    list_filter = ["kind", OfLineFilter, OfAccountFilter]
    list_select_related = ["source", "target", "order"]
    ordering = ["-pk"]
    fields = [
        "kind",
        "from_pot",
        "to_pot",
        "amount",
        "order_linked",
        "key",
        "reverses_linked",
        "actor",
        "reason",
        "happened",
        "booked",
    ]

    from_pot = pot_of("source", _("from"))
    to_pot = pot_of("target", _("to"))
    amount = money_of("amount_minor", _("amount"))
    order_linked = link_to("order", _("order"))
    reverses_linked = link_to("reverses", _("reverses"))
    happened = moment_of("event_at", _("happened"))
    booked = moment_of("created_at", _("booked"))

    def heading(self, row: LedgerEntry) -> str:
        return format_money(row.amount_minor, row.currency)


@admin.register(LedgerAccount)
class LedgerAccountAdmin(ReadOnlyAdmin):
    line_path = "line_id"
    list_display = ["kind", "currency", "line_masked", "balance"]
    list_filter = ["kind", "currency"]
    list_select_related = ["line"]
    ordering = ["pk"]
    change_form_template = "admin/billing/ledgeraccount/change_form.html"
    fields = ["kind", "currency", "line_masked", "balance"]

    line_masked = line_of("line", _("line"))
    balance = money_of("balance_minor", _("balance"))

    def heading(self, row: LedgerAccount) -> str:
        return f"{row.get_kind_display()}, {row.currency}"
