"""Use that was paid from credit, by line and day."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from billing.models import CreditUse
from lib.admin.columns import column, line_of, moment_of, money_of
from lib.admin.reading import ReadOnlyAdmin
from lib.wording import country_in_words
from plans.admin.amounts import amount_of
from plans.models import Unit
from plans.rates import Rate
from plans.rates_in_words import shown


def _rate(use: CreditUse) -> str:
    rate = shown(Unit(use.unit), Rate(use.rate_minor, use.rate_per), use.currency)
    return f"{rate.price} {rate.each}"


@admin.register(CreditUse)
class CreditUseAdmin(ReadOnlyAdmin):
    line_path = "line"
    list_display = ["what", "day", "line_shown", "place", "cost_shown", "booked"]
    list_filter = ["unit"]
    list_select_related = ["line"]
    search_fields = ["line__msisdn"]
    ordering = ["-booked_at"]
    fields = [
        "line_shown",
        "day",
        "what",
        "place",
        "rate_shown",
        "cost_shown",
        "net",
        "vat",
        "vat_percent",
        "vat_country",
        "booked",
    ]

    what = amount_of("amount", _("amount"))
    line_shown = line_of("line", _("line"))
    place = column(_("country"), lambda use: country_in_words(use.country))
    rate_shown = column(_("rate"), _rate)
    cost_shown = money_of("cost_minor", _("cost, VAT included"))
    net = money_of("net_minor", _("net"))
    vat = money_of("vat_minor", _("VAT"))
    booked = moment_of("booked_at", _("booked"))

    def heading(self, row: CreditUse) -> str:
        return f"{row.day} {row.cost}"
