"""What lines have: plan periods and allowances."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from lib import clock
from lib.admin.columns import column, line_of, link_to, moment_of
from lib.admin.reading import ReadOnlyAdmin, ReadOnlyInline
from lib.admin.showing import badge, linked
from lib.templatetags.formats import amount
from plans.admin.amounts import amount_of, limit_of
from plans.models import Allowance, PlanPeriod


def standing_badge(starts_at: datetime, ends_at: datetime) -> SafeString:
    """Queued, running or past, by the domain's clock."""
    now = clock.now()
    if starts_at > now:
        return badge(str(_("queued")), "busy")
    return badge(str(_("running")), "good") if ends_at > now else badge(str(_("past")), "plain")


def period_badge(period: PlanPeriod) -> SafeString:
    """As `standing_badge`, or cancelled."""
    if period.cancelled_at:
        return badge(str(_("cancelled")), "bad")
    return standing_badge(period.starts_at, period.ends_at)


class StandingFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("running", _("running")), ("queued", _("queued")), ("past", _("past")), ("cancelled", _("cancelled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now, periods = clock.now(), PlanPeriod.objects.all()
        wanted = {
            "running": periods.running(now),
            "queued": periods.queued(now),
            "past": periods.past(now),
            "cancelled": periods.exclude(cancelled_at=None),
        }.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(pk__in=wanted.order_by().values("pk"))


class AllowancesOfPeriod(ReadOnlyInline):
    model = Allowance
    fields = ["page", "granted_shown", "used_shown", "left", "until"]

    page = column(_("unit"), lambda row: linked(row, row.get_unit_display()))
    granted_shown = amount_of("granted", _("granted"))
    used_shown = amount_of("used", _("used"))
    left = amount_of("remaining", _("left"))
    until = moment_of("expires_at", _("until"))


@admin.register(PlanPeriod)
class PlanPeriodAdmin(ReadOnlyAdmin):
    line_path = "line_id"
    list_display = ["plan_title", "line_masked", "standing", "starts", "ends"]
    list_filter = [StandingFilter, "kind"]
    list_select_related = ["line", "plan"]
    ordering = ["-pk"]
    inlines = [AllowancesOfPeriod]
    fields = [
        "plan_linked",
        "line_masked",
        "kind",
        "standing",
        "starts",
        "ends",
        "anchor",
        "anchor_step",
        "cancelled",
        "origin",
        "granted",
    ]

    plan_title = column(_("plan"), lambda period: period.plan.title)
    plan_linked = link_to("plan", _("plan"), shown_as="title")
    line_masked = line_of("line", _("line"))
    standing = column(_("standing"), period_badge)
    starts = moment_of("starts_at", _("starts"))
    ends = moment_of("ends_at", _("ends"))
    anchor = moment_of("anchor_at", _("anchor"))
    cancelled = moment_of("cancelled_at", _("cancelled"))
    granted = moment_of("created_at", _("granted"))

    def heading(self, row: PlanPeriod) -> str:
        return row.plan.title


@admin.register(Allowance)
class AllowanceAdmin(ReadOnlyAdmin):
    line_path = "line_id"
    list_display = ["granted_shown", "line_masked", "standing", "used_shown", "left", "until"]
    list_filter = ["unit"]
    list_select_related = ["line"]
    ordering = ["-pk"]
    fields = [
        "line_masked",
        "period_linked",
        "unit",
        "granted_shown",
        "full_speed",
        "speed_after_kbit",
        "outside",
        "used_shown",
        "gifted_shown",
        "left",
        "standing",
        "since",
        "until",
        "zone_linked",
        "origin",
        "frozen",
    ]

    line_masked = line_of("line", _("line"))
    period_linked = link_to("period", _("period"))
    zone_linked = link_to("zone", _("zone"), shown_as="title")
    granted_shown = amount_of("granted", _("granted"))
    full_speed = limit_of("full_speed_amount", _("amount at full speed"))
    outside = limit_of("zone_cap", _("of which outside the home country"))
    used_shown = amount_of("used", _("used"))
    gifted_shown = amount_of("gifted", _("given on"))
    left = amount_of("remaining", _("left"))
    standing = column(_("standing"), lambda row: standing_badge(row.starts_at, row.expires_at))
    since = moment_of("starts_at", _("from"))
    until = moment_of("expires_at", _("until"))
    frozen = moment_of("frozen_at", _("frozen"))

    def heading(self, row: Allowance) -> str:
        return amount(row.granted, row.unit)
