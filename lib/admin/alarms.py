"""Alarms: what a person must look at, until one says to have seen it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from lib import audit, clock, runbook
from lib.admin.acts import Act, ActingAdmin
from lib.admin.columns import column, moment_of
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
class AlarmAdmin(ActingAdmin):
    list_display = ["kind", "subject", "raised", "state"]
    list_filter = [SeenFilter, "kind"]
    actions = ["mark_seen"]
    acts = [Act(name="seen", words=_("Mark as seen"), right=MAY_MARK)]
    fields = ["kind", "subject", "detail", "raised", "state", "mailed"]
    change_form_template = "admin/lib/alarm/change_form.html"

    raised = moment_of("raised_at", _("raised"))
    mailed = moment_of("mailed_at", _("mailed"))
    state = column(_("state"), _seen, ordering="seen_at")

    def has_mark_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_MARK)

    @admin.action(description=_("Mark as seen"), permissions=["mark"])
    def mark_seen(self, request: HttpRequest, alarms: QuerySet[Alarm]) -> None:
        self.message_user(request, _mark(request, alarms), messages.SUCCESS)

    def offers(self, request: HttpRequest, row: Alarm) -> Mapping[str, str]:
        return {} if row.seen_at else {"seen": ""}

    def do_seen(self, request: HttpRequest, row: Alarm) -> str:
        return _mark(request, Alarm.objects.filter(pk=row.pk))

    def page_after(self, row: Alarm) -> str:
        return reverse("admin:lib_alarm_changelist")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if row := kwargs.get("obj"):
            context["guide"] = runbook.section(f"alarm {row.kind}")
        return super().render_change_form(request, context, *args, **kwargs)


def _mark(request: HttpRequest, alarms: QuerySet[Alarm]) -> str:
    """Those nobody has seen yet, each with a row of its own about who did; in words."""
    with transaction.atomic():
        marked = list(alarms.filter(seen_at=None).select_for_update(no_key=True))
        Alarm.objects.filter(pk__in=[alarm.pk for alarm in marked]).update(seen_at=clock.real_now())
        for alarm in marked:
            audit.done(request, "alarm.seen", subject=f"alarm:{alarm.pk}")
    words = ngettext("%(count)s alarm marked as seen.", "%(count)s alarms marked as seen.", len(marked))
    return words % {"count": len(marked)}
