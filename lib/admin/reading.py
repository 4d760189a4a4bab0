"""Admin pages that only read. What they show is changed by the domain alone, so nobody, a superuser neither, may add, change or
delete here; a POST is refused as well as hidden.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _Inline = admin.TabularInline[Any, Any]
else:
    _ModelAdmin = admin.ModelAdmin
    _Inline = admin.TabularInline


class ReadOnlyAdmin(_ModelAdmin):
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
