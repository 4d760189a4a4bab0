"""What lines used by day; the single uses, which say where somebody was at what time, are their owner's alone to read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from lib.admin.columns import column, line_of
from lib.admin.reading import ReadOnlyAdmin
from lib.money import format_money
from lib.templatetags.formats import use
from lib.wording import country_in_words
from network.models import UsageDay


@admin.register(UsageDay)
class UsageDayAdmin(ReadOnlyAdmin):
    line_path = "line_id"
    list_display = ["day", "line_masked", "unit", "where", "used", "uncovered", "credit", "records_count"]
    list_filter = ["unit"]
    list_select_related = ["line"]
    ordering = ["-pk"]
    fields = ["line_masked", "day", "unit", "where", "used", "uncovered", "credit", "cost", "vat", "records_count"]

    line_masked = line_of("line", _("line"))
    where = column(_("country"), lambda row: country_in_words(row.country))
    used = column(_("used"), lambda row: use(row.amount, row.unit))
    uncovered = column(_("not covered"), lambda row: use(row.overrun, row.unit))
    credit = column(_("paid from credit"), lambda row: use(row.by_credit, row.unit))
    cost = column(_("cost"), lambda row: format_money(row.cost_minor, row.line.currency))
    vat = column(_("VAT"), lambda row: format_money(row.vat_minor, row.line.currency))

    def heading(self, row: UsageDay) -> str:
        return f"{row.day} · {row.get_unit_display()}"
