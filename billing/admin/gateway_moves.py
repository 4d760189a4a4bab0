"""The gateway's own books beside ours: which movement of our balance there was found in the ledger."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from billing.models import GatewayMove
from lib.admin.columns import column, link_to, moment_of, money_of
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import badge
from lib.money import format_money


def _found(move: GatewayMove) -> str:
    if move.matched_at is None:
        return badge(str(_("not found")), "bad")
    return badge(str(_("found")), "good")


class FoundFilter(admin.SimpleListFilter):
    title = _("in the ledger")
    parameter_name = "found"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", str(_("found"))), ("no", str(_("not found")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[GatewayMove]) -> QuerySet[GatewayMove]:
        if self.value() in {"yes", "no"}:
            return queryset.filter(matched_at__isnull=self.value() == "no")
        return queryset


@admin.register(GatewayMove)
class GatewayMoveAdmin(ReadOnlyAdmin):
    list_display = ["gateway_id", "kind", "amount", "fee", "standing", "happened"]
    list_filter = [FoundFilter, "kind", "currency"]
    ordering = ["-happened_at", "-pk"]
    fields = [
        "gateway_id",
        "kind",
        "their_kind",
        "amount",
        "fee",
        "object_id",
        "intent_id",
        "standing",
        "entry_linked",
        "happened",
        "read",
        "matched",
    ]

    amount = money_of("amount_minor", _("amount"))
    fee = money_of("fee_minor", _("fee"))
    standing = column(_("in the ledger"), _found, ordering="matched_at")
    entry_linked = link_to("entry", _("ledger entry"))
    happened = moment_of("happened_at", _("happened"))
    read = moment_of("read_at", _("read"))
    matched = moment_of("matched_at", _("found in the ledger"))

    def heading(self, row: GatewayMove) -> str:
        return format_money(row.amount_minor, row.currency)
