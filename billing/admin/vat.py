"""VAT rates as loaded from the reviewed file; changed there."""

from django.contrib import admin

from billing.models import VatRate
from lib.admin.reading import ReadOnlyAdmin


@admin.register(VatRate)
class VatRateAdmin(ReadOnlyAdmin):
    list_display = ["country", "percent", "tax_class", "from_date"]
    list_filter = ["country", "tax_class"]
    fields = ["country", "tax_class", "from_date", "percent"]
