"""Receipts and credit notes: what was issued, for which order, with its file. Who takes the file is recorded."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Receipt
from billing.receipts import files
from lib import audit
from lib.admin.columns import column, line_of, link_to, moment_of
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import badge, money


def _file(receipt: Receipt) -> SafeString:
    if receipt.drawn_at is None:
        return badge(_("being made"), "busy")
    return format_html('<a href="{}">PDF</a>', reverse("admin:billing_receipt_file", args=[receipt.pk]))


def _lines(receipt: Receipt) -> SafeString:
    """What it says of the money, as it was issued."""
    rows = [*receipt.document["how"], *receipt.document["totals"]]
    return format_html_join("", "<div>{}: <bdi>{}</bdi></div>", rows)


def _amount_of(name: str) -> Any:
    return lambda receipt: money(receipt.document["amounts"][name], receipt.document["amounts"]["currency"])


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    line_path = "order.line_id"
    list_display = ["printed", "series", "issued", "order_linked", "line_masked", "gross", "vat", "file"]
    list_filter = ["series", "year"]
    list_select_related = ["order__line"]
    ordering = ["-issued_at", "-id"]
    fields = [
        "printed",
        "series",
        "issued",
        "order_linked",
        "request_linked",
        "line_masked",
        "net",
        "vat",
        "gross",
        "lines",
        "language",
        "drawn",
        "file",
    ]

    printed = column(gettext_lazy("number"), lambda receipt: receipt.printed_number)
    issued = moment_of("issued_at", gettext_lazy("issued"))
    order_linked = link_to("order", gettext_lazy("order"))
    request_linked = link_to("request", gettext_lazy("refund request"))
    line_masked = line_of("order.line", gettext_lazy("line"))
    net = column(gettext_lazy("net"), _amount_of("net_minor"))
    vat = column(gettext_lazy("VAT"), _amount_of("vat_minor"))
    gross = column(gettext_lazy("sum"), _amount_of("gross_minor"))
    lines = column(gettext_lazy("it says"), _lines)
    drawn = moment_of("drawn_at", gettext_lazy("drawn"))
    file = column(gettext_lazy("file"), _file)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file_view)
        return [path("<uuid:receipt_id>/file/", view, name="billing_receipt_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest, receipt_id: UUID) -> HttpResponse:
        receipt = get_object_or_404(Receipt.objects.select_related("order").exclude(drawn_at=None), pk=receipt_id)
        if not self.has_view_permission(request, receipt):
            raise PermissionDenied
        subject = self.subject_of(receipt)
        audit.done(request, "receipt.downloaded", subject=subject, line_id=self.line_id_of(receipt))
        return files.answer(receipt)
