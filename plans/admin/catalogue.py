"""The catalogue as it was loaded. It is reviewed data of `plans/data/`, so it is changed there and loaded by `load_catalogue`."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from lib import clock
from lib.admin.columns import column, link_to, moment_of, money_of
from lib.admin.reading import ReadOnlyAdmin, ReadOnlyInline
from lib.admin.showing import badge
from plans.admin.amounts import amount_of, limit_of
from plans.models import Plan, PlanAllowance, Unit, Zone, ZoneCountry, ZoneRate
from plans.rates import Rate
from plans.rates_in_words import shown


class AllowancesOfPlan(ReadOnlyInline):
    model = PlanAllowance
    fields = ["unit", "granted", "full_speed", "speed_after_kbit", "outside"]

    granted = amount_of("amount", _("amount"))
    full_speed = limit_of("full_speed_amount", _("amount at full speed"))
    outside = limit_of("zone_cap", _("of which outside the home country"))


def _validity(plan: Plan) -> str:
    if not plan.validity_count:
        return plan.get_ends_display()
    return f"{plan.validity_count} × {plan.get_validity_unit_display()}"


def _sale(plan: Plan) -> SafeString:
    now = clock.now()
    if plan.on_sale_from > now:
        return badge(str(_("not yet on sale")), "plain")
    is_over = plan.on_sale_until is not None and plan.on_sale_until <= now
    return badge(str(_("off sale")), "plain") if is_over else badge(str(_("on sale")), "good")


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    list_display = ["title", "code", "kind", "price", "validity", "zone_linked", "sale"]
    list_filter = ["kind", "validity_unit", "zone"]
    list_select_related = ["zone"]
    search_fields = ["code"]
    inlines = [AllowancesOfPlan]
    fields = [
        "title",
        "sentence",
        "code",
        "kind",
        "family",
        "price",
        "tax_class",
        "validity",
        "zone_linked",
        "needs_plan",
        "ends",
        "beyond_by_credit",
        "sale",
        "sale_from",
        "sale_until",
    ]

    title = column(_("name"), lambda plan: plan.title)
    sentence = column(_("one sentence"), lambda plan: plan.sentence)
    price = money_of("price_minor", _("price, VAT included"))
    validity = column(_("validity"), _validity)
    zone_linked = link_to("zone", _("zone"), shown_as="title")
    sale = column(_("sale"), _sale)
    sale_from = moment_of("on_sale_from", _("on sale from"))
    sale_until = moment_of("on_sale_until", _("on sale until"))

    def heading(self, row: Plan) -> str:
        return row.title


class CountriesOfZone(ReadOnlyInline):
    model = ZoneCountry
    fields = ["country"]
    ordering = ["country"]


def _rate_in_words(rate: ZoneRate) -> str:
    said = shown(Unit(rate.unit), Rate(rate.price_minor, rate.per), rate.currency)
    return f"{said.price} {said.each}"


class RatesOfZone(ReadOnlyInline):
    model = ZoneRate
    fields = ["unit", "price_shown", "from_date"]
    ordering = ["currency", "unit", "-from_date"]

    price_shown = column(_("rate"), _rate_in_words)


@admin.register(Zone)
class ZoneAdmin(ReadOnlyAdmin):
    list_display = ["title", "code", "country_count"]
    inlines = [RatesOfZone, CountriesOfZone]
    fields = ["title", "code"]

    title = column(_("name"), lambda zone: zone.title)
    country_count = column(_("countries"), lambda zone: zone.counted, ordering="counted")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        zones: QuerySet[Any] = super().get_queryset(request).annotate(counted=Count("countries"))
        return zones

    def heading(self, row: Zone) -> str:
        return row.title
