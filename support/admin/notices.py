"""Notices of outages and planned works: made, looked at as readers see them, and ended."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib import clock
from lib.admin import people
from lib.admin.acts import Act, ActingAdmin
from lib.admin.columns import column, moment_of
from lib.admin.form_page import form_page
from lib.admin.showing import badge, page_of
from support import notices
from support.admin.forms import NoticeForm
from support.admin.tickets import staff_of
from support.authority import TELL
from support.models import Notice, NoticePlace

_END = Act(name="end", words=gettext_lazy("End it"), right=TELL)


def _is_over(notice: Notice) -> bool:
    return notice.until_at is not None and notice.until_at <= clock.now()


def _standing(notice: Notice) -> SafeString:
    now = clock.now()
    if _is_over(notice):
        return badge(_("over"), "plain")
    is_shown = Notice.objects.shown_at(now).filter(pk=notice.pk).exists()
    return badge(_("shown"), "warn") if is_shown else badge(_("not shown yet"), "busy")


def _texts(notice: Notice) -> SafeString:
    """As pages show it, language by language."""
    names = dict(settings.LANGUAGES)
    rows = ((names.get(code, code), code, text) for code, text in sorted(notice.texts.items()))
    return format_html_join("", '<p>{}: <span lang="{}" dir="auto">{}</span></p>', rows)


def _places(notice: Notice) -> str:
    return ", ".join(str(NoticePlace(place).label) for place in notice.places)


@admin.register(Notice)
class NoticeAdmin(ActingAdmin):
    acts = (_END,)
    list_display = ["__str__", "kind", "standing", "begins", "ends"]
    list_filter = ["kind"]
    change_list_template = "admin/support/notice/change_list.html"
    fields = ["kind", "standing", "texts_shown", "places_shown", "begins", "ends", "maker", "made"]

    standing = column(gettext_lazy("state"), _standing)
    texts_shown = column(gettext_lazy("texts"), _texts)
    places_shown = column(gettext_lazy("shown on"), _places)
    begins = moment_of("from_at", gettext_lazy("from"))
    ends = moment_of("until_at", gettext_lazy("until"))
    maker = column(gettext_lazy("by"), lambda notice: people.name_of(notice.made_by))
    made = moment_of("made_at", gettext_lazy("made"))

    def get_urls(self) -> list[URLPattern]:
        return [
            path("make/", self.admin_site.admin_view(self.make_view), name="support_notice_make"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "may_make": request.user.has_perm(TELL)})

    def offers(self, request: HttpRequest, row: Notice) -> Mapping[str, str]:
        return {} if _is_over(row) else {_END.name: ""}

    def do_end(self, request: HttpRequest, row: Notice) -> str:
        notices.end(row.pk, by=staff_of(request), now=clock.now())
        return _("It is over: pages tell of it no more.")

    def make_view(self, request: HttpRequest) -> HttpResponse:
        """The form of a new one. Nothing is told before it is sent."""
        if not request.user.has_perm(TELL):
            raise PermissionDenied
        form = NoticeForm(request.POST or None, now=clock.now())
        if request.method != "POST" or not form.is_valid():
            back = (reverse("admin:support_notice_changelist"), capfirst(self.opts.verbose_name_plural))
            return form_page(self, request, title=_("Tell of an outage or works"), form=form, facts=[], back=back)
        notice = notices.make(form.notice(), by=staff_of(request), now=clock.now())
        messages.success(request, _("Pages tell of it within half a minute, from its time on."))
        return HttpResponseRedirect(page_of(notice) or "..")
