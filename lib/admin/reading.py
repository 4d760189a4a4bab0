"""Admin pages that only read. What they show is changed by the domain alone, so nobody, a superuser neither, may add, change or
delete here; a POST is refused as well as hidden. Who looked is recorded.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse

from lib import audit
from lib.admin import people
from lib.models import Audit

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _Inline = admin.TabularInline[Any, Any]
else:
    _ModelAdmin = admin.ModelAdmin
    _Inline = admin.TabularInline

HISTORY_PAGE_SIZE = 50


class RecordedAdmin(_ModelAdmin):
    """Opening a row's page is recorded, and its history page shows what staff did to the row.

    `subject_name` stands for the model in audit rows, `line_path` is the way from a row to its line's id. Pages about no line and
    no person are not recorded.
    """

    subject_name = ""
    line_path = ""
    is_personal = False

    def subject_of(self, row: Any) -> str:
        return f"{self.subject_name or self.opts.model_name}:{row.pk}"

    def line_id_of(self, row: Any) -> UUID | None:
        found = row
        for name in filter(None, self.line_path.split(".")):
            found = None if found is None else getattr(found, name)
        return found if isinstance(found, UUID) else None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if (row := kwargs.get("obj")) and (self.is_personal or self.line_path):
            audit.view(request, subject=self.subject_of(row), line_id=self.line_id_of(row))
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        shown: dict[str, Any] = {}
        if row is not None:
            rows = Audit.objects.filter(subject=self.subject_of(row))
            page = Paginator(rows, HISTORY_PAGE_SIZE).get_page(request.GET.get("p"))
            shown = {"deeds": people.named(page), "page": page}
        return super().history_view(request, object_id, {**shown, **(extra_context or {})})


class ReadOnlyAdmin(RecordedAdmin):
    """Lists and object pages for whoever has the model's `view` permission. Lists never count the whole table."""

    actions: Sequence[Any] | None = None
    list_per_page = 50
    show_full_result_count = False
    view_on_site = False

    def heading(self, row: Any) -> str:
        """What the row's page is called, under its kind."""
        return str(row)

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        return list(self.fields or [])

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        return super().render_change_form(request, {**context, "heading": row and self.heading(row)}, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyInline(_Inline):
    """Rows of another table on an object's page, without a form behind them."""

    template = "admin/edit_inline/rows.html"
    extra = 0
    can_delete = False

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        return list(self.fields or [])

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
