"""Standing orders, and each time that one was carried out."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.admin.rows import RUN_TONES
from billing.models import AutoRenew, AutoTopUp, AutoTopUpRun, Renewal
from lib.admin.columns import column, line_of, link_to, moment_of, money_of, state_of
from lib.admin.reading import ReadOnlyAdmin, ReadOnlyInline
from lib.admin.showing import badge, linked, moment
from lib.money import format_money


def _is_on(row: AutoRenew | AutoTopUp) -> SafeString:
    return badge(str(_("on")), "good") if row.is_on else badge(str(_("off")), "plain")


class OnFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "on"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", str(_("on"))), ("no", str(_("off")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(off_at__isnull=self.value() == "yes") if self.value() in {"yes", "no"} else queryset


class StandingAdmin(ReadOnlyAdmin):
    """What both kinds have in common."""

    line_path = "line_id"
    list_filter = [OnFilter, "currency"]
    list_select_related = ["line", "subscriber", "method", "backup"]
    ordering = ["-on_at", "-pk"]

    line_masked = line_of("line", _("line"))
    subscriber_linked = link_to("subscriber", _("subscriber"), shown_as="pk")
    standing = column(_("state"), _is_on, ordering="off_at")
    method_linked = link_to("method", _("paid with"))
    backup_linked = link_to("backup", _("else with"))
    switched_on = moment_of("on_at", _("switched on"))
    switched_off = moment_of("off_at", _("switched off"))


class RenewalsOfAutoRenew(ReadOnlyInline):
    model = Renewal
    fields = ["page", "standing", "order_linked", "tries", "reason"]

    page = column(_("due since"), lambda run: linked(run, moment(run.created_at)))
    standing = state_of(_("state"), RUN_TONES)
    order_linked = link_to("order", _("order"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Renewal]:
        return super().get_queryset(request).select_related("order")


class RunsOfAutoTopUp(ReadOnlyInline):
    model = AutoTopUpRun
    fields = ["since", "standing", "order_linked", "month", "number", "reason"]

    since = moment_of("created_at", _("due since"))
    standing = state_of(_("state"), RUN_TONES)
    order_linked = link_to("order", _("order"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[AutoTopUpRun]:
        return super().get_queryset(request).select_related("order")


@admin.register(AutoRenew)
class AutoRenewAdmin(StandingAdmin):
    list_display = ["switched_on", "line_masked", "plan_linked", "price", "method_linked", "standing", "off_reason"]
    list_select_related = ["line", "subscriber", "method", "backup", "plan"]
    inlines = [RenewalsOfAutoRenew]
    fields = [
        "line_masked",
        "subscriber_linked",
        "plan_linked",
        "price",
        "told_price",
        "told_from",
        "uses_credit",
        "method_linked",
        "backup_linked",
        "standing",
        "switched_on",
        "switched_off",
        "off_reason",
        "off_by",
    ]

    plan_linked = link_to("plan", _("plan"))
    price = money_of("price_minor", _("price agreed to"))
    told_price = money_of("told_price_minor", _("new price told"))
    told_from = moment_of("told_good_from", _("new price good from"))

    def heading(self, row: AutoRenew) -> str:
        return row.plan.title


@admin.register(AutoTopUp)
class AutoTopUpAdmin(StandingAdmin):
    list_display = ["switched_on", "line_masked", "below", "add", "at_most", "method_linked", "standing", "off_reason"]
    inlines = [RunsOfAutoTopUp]
    fields = [
        "line_masked",
        "subscriber_linked",
        "below",
        "add",
        "at_most",
        "declines",
        "method_linked",
        "backup_linked",
        "standing",
        "switched_on",
        "switched_off",
        "off_reason",
        "off_by",
    ]

    below = money_of("below_minor", _("below"))
    add = money_of("add_minor", _("add"))

    def heading(self, row: AutoTopUp) -> str:
        return format_money(row.add_minor, row.currency)


@admin.register(Renewal)
class RenewalAdmin(ReadOnlyAdmin):
    line_path = "line_id"
    list_display = ["due", "line_masked", "standing", "order_linked", "tries", "next_look", "reason"]
    list_filter = ["state"]
    list_select_related = ["line", "order"]
    ordering = ["-created_at", "-pk"]
    fields = [
        "line_masked",
        "auto_renew_linked",
        "follows_linked",
        "order_linked",
        "standing",
        "reason",
        "tries",
        "told",
        "due",
        "next_look",
        "over",
    ]

    line_masked = line_of("line", _("line"))
    auto_renew_linked = link_to("auto_renew", _("auto-renew"), shown_as="pk")
    follows_linked = link_to("follows", _("plan period it follows"), shown_as="pk")
    order_linked = link_to("order", _("order"))
    standing = state_of(_("state"), RUN_TONES)
    due = moment_of("created_at", _("due since"))
    next_look = moment_of("next_at", _("looked at next"))
    over = moment_of("ended_at", _("ended"))

    def heading(self, row: Renewal) -> str:
        return str(row.get_state_display())
