"""Where the operator's core and we say different things of a line."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from lib.admin.columns import column, masked_address_of, moment_of
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import badge
from provisioning.models import Difference


def _standing(difference: Difference) -> SafeString:
    if difference.closed_at is None:
        return badge(str(_("open")), "warn")
    return badge(str(_("found no more")), "good")


class OpenFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", str(_("open"))), ("no", str(_("found no more")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Difference]) -> QuerySet[Difference]:
        if self.value() in {"yes", "no"}:
            return queryset.filter(closed_at__isnull=self.value() == "yes")
        return queryset


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyAdmin):
    is_personal = True
    line_path = "line_id"
    list_display = ["kind", "number", "about", "ours", "theirs", "standing", "found"]
    list_filter = [OpenFilter, "kind"]
    ordering = ["-found_at", "-pk"]
    fields = ["kind", "number", "line_id", "about", "ours", "theirs", "standing", "found", "closed"]

    number = masked_address_of("msisdn", _("number"))
    standing = column(_("state"), _standing, ordering="closed_at")
    found = moment_of("found_at", _("found at"))
    closed = moment_of("closed_at", _("found no more"))
