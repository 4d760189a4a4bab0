"""What staff did and looked at, newest first. The rows are written once and never changed; there is no form to change them with."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from lib.admin import people
from lib.admin.columns import column, moment_of
from lib.admin.deeds import deed_in_words
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import NOTHING
from lib.audit import VIEWED
from lib.models import Audit


class LooksFilter(admin.SimpleListFilter):
    title = _("only")
    parameter_name = "only"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("acts", _("acts")), ("looks", _("looks")), ("mine", _("mine"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Audit]) -> QuerySet[Audit]:
        if self.value() == "acts":
            return queryset.exclude(deed=VIEWED)
        if self.value() == "looks":
            return queryset.filter(deed=VIEWED)
        return queryset.filter(actor=f"{people.STAFF}{request.user.pk}") if self.value() == "mine" else queryset


def _detail(row: Audit) -> str:
    return ", ".join(f"{name}: {value}" for name, value in row.detail.items()) or NOTHING


@admin.register(Audit)
class AuditAdmin(ReadOnlyAdmin):
    list_display = ["at_shown", "name", "deed_shown", "subject", "reason"]
    list_filter = [LooksFilter]
    ordering = ["-pk"]
    fields = ["at_shown", "name", "actor", "deed_shown", "subject", "line_id", "detail_shown", "reason", "address"]

    at_shown = moment_of("at", _("when"))
    name = column(_("who"), lambda row: row.staff_name or row.actor)
    deed_shown = column(_("what"), lambda row: deed_in_words(row.deed), ordering="deed")
    detail_shown = column(_("detail"), _detail)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Audit]:
        rows: QuerySet[Audit] = super().get_queryset(request).annotate(staff_name=people.staff_name("actor"))
        return rows

    def heading(self, row: Audit) -> str:
        return deed_in_words(row.deed)
