"""Held money that waits for a decision, oldest first. The decision is the payer's, on the order's page."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing import ledger
from billing.admin.rows import RefundsOfItem, review_badge
from billing.models import ReviewItem
from lib.admin.columns import column, line_of, link_to, moment_of
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import NOTHING, money


class OpenFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("open")), ("no", _("closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewItem]) -> QuerySet[ReviewItem]:
        return queryset.filter(closed_at__isnull=self.value() == "yes") if self.value() in {"yes", "no"} else queryset


def _held(item: ReviewItem) -> SafeString | str:
    if item.order_id is None or not item.is_about_held_money:
        return NOTHING
    return money(ledger.held_for(item.order_id).get(item.currency, 0), item.currency)


@admin.register(ReviewItem)
class ReviewItemAdmin(ReadOnlyAdmin):
    list_display = ["why", "order_linked", "line_masked", "standing", "opened"]
    list_filter = [OpenFilter, "kind"]
    list_select_related = ["order__line"]
    inlines = [RefundsOfItem]
    fields = ["why", "order_linked", "line_masked", "held", "standing", "opened", "closed", "outcome", "actor"]

    why = column(_("why"), lambda item: item.get_kind_display())
    order_linked = link_to("order", _("order"))
    line_masked = line_of("order.line", _("line"))
    held = column(_("held now"), _held)
    standing = column(_("state"), review_badge)
    opened = moment_of("opened_at", _("opened"))
    closed = moment_of("closed_at", _("closed"))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Open ones first, and of these the oldest."""
        return [F("closed_at").desc(nulls_first=True), "opened_at"]

    def heading(self, row: ReviewItem) -> str:
        return row.get_kind_display()
