"""Alarms: what a person must look at, until one says to have seen it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from lib import clock
from lib.admin.columns import column, moment_of
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import badge
from lib.models import Alarm

#: Django's own permission on the row; it opens no form, only "seen".
MAY_MARK = "lib.change_alarm"


class SeenFilter(admin.SimpleListFilter):
    title = _("seen")
    parameter_name = "seen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("not yet")), ("yes", _("yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alarm]) -> QuerySet[Alarm]:
        return queryset.filter(seen_at__isnull=self.value() == "no") if self.value() in {"yes", "no"} else queryset


def _seen(alarm: Alarm) -> SafeString:
    return badge(str(_("seen")), "plain") if alarm.seen_at else badge(str(_("not seen yet")), "bad")


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyAdmin):
    list_display = ["kind", "subject", "raised", "state"]
    list_filter = [SeenFilter, "kind"]
    actions = ["mark_seen"]
    fields = ["kind", "subject", "detail", "raised", "state", "mailed"]
    change_form_template = "admin/lib/alarm/change_form.html"

    raised = moment_of("raised_at", _("raised"))
    mailed = moment_of("mailed_at", _("mailed"))
    state = column(_("state"), _seen, ordering="seen_at")

    def has_mark_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_MARK)

    @admin.action(description=_("Mark as seen"), permissions=["mark"])
    def mark_seen(self, request: HttpRequest, alarms: QuerySet[Alarm]) -> None:
        marked = alarms.filter(seen_at=None).update(seen_at=clock.real_now())
        words = ngettext("%(count)s alarm marked as seen.", "%(count)s alarms marked as seen.", marked)
        self.message_user(request, words % {"count": marked}, messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        seen = self.admin_site.admin_view(require_POST(self.seen_view))
        return [path("<int:alarm_id>/seen/", seen, name="lib_alarm_seen"), *super().get_urls()]

    def seen_view(self, request: HttpRequest, alarm_id: int) -> HttpResponse:
        if not self.has_mark_permission(request):
            raise PermissionDenied
        self.mark_seen(request, Alarm.objects.filter(pk=alarm_id))
        return HttpResponseRedirect(reverse("admin:lib_alarm_changelist"))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        kwargs["extra_context"] = {**(kwargs.get("extra_context") or {}), "may_mark": self.has_mark_permission(request)}
        return super().change_view(request, object_id, *args, **kwargs)
