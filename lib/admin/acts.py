"""Buttons on an object's page that do one thing: declared as data, refused without their right, told in one line afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from lib.admin.columns import Words
from lib.admin.form_page import Fact, form_page
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import page_of

REASON_LENGTH = 200


class Refusal(Exception):
    """Why an act was not done, in words."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """`name` is its address and, with `do_` before it, the method that does it.

    `reason`: the label of a reason that must be typed. `asks`: a form on a page of its own. `form`: the name of an address that takes
    the row's id, for a page that does everything itself; then there is no method.
    """

    name: str
    words: Words
    right: str
    reason: Words = ""
    asks: type[forms.Form] | None = None
    form: str = ""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """An act on the page; `why_not` says why it is off."""

    act: Act
    url: str
    why_not: str

    @property
    def is_page(self) -> bool:
        """Whether it is done on a page of its own. A template would call `act.asks`, which is a class."""
        return bool(self.act.form or self.act.asks)


class ActingAdmin(ReadOnlyAdmin):
    """Subclasses name `acts`, say with `offers` which of them are open for a row, and do each in `do_<name>`."""

    acts: Sequence[Act] = ()

    def offers(self, request: HttpRequest, row: Any) -> Mapping[str, str]:
        """Name of each act that is shown for `row` -> why it is off, empty when it is on."""
        raise NotImplementedError

    def form_of(self, request: HttpRequest, row: Any, act: Act) -> forms.Form:
        """The form of an act that has one, filled with what was sent."""
        if act.asks is None:
            raise TypeError(f"{act.name} asks nothing")
        return act.asks(request.POST or None)

    def facts_of(self, request: HttpRequest, row: Any, act: Act) -> list[Fact]:
        """What is shown above the form of an act."""
        return []

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_view)
        return [path("<str:row_id>/act/<slug:name>/", view, name=self.act_url_name), *super().get_urls()]

    @property
    def act_url_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_act"

    def act_view(self, request: HttpRequest, row_id: str, name: str) -> HttpResponse:
        act = next((act for act in self.acts if act.name == name and not act.form), None)
        if act is None:
            raise Http404
        if request.method != "POST" and act.asks is None:
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(act.right):
            raise PermissionDenied
        row = self.row_of(request, row_id)
        try:
            self._check_open(request, row, act)
            if act.asks:
                return self._by_form(request, row, act)
            messages.success(request, self._done(request, row, act))
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(self.page_after(row))

    def row_of(self, request: HttpRequest, row_id: object) -> Any:
        """The row for whoever may see it. Raises Http404, PermissionDenied."""
        try:
            row = self.get_queryset(request).get(pk=row_id)
        except (self.model.DoesNotExist, ValidationError, ValueError, OverflowError):
            raise Http404 from None
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row

    def page_after(self, row: Any) -> str:
        """Where an act leads."""
        return page_of(row) or reverse("admin:index")

    def call(self, act: Act, *given: Any) -> str:
        """Do it; subclasses put the domain's errors into words here. Raises Refusal."""
        return str(getattr(self, f"do_{act.name.replace('-', '_')}")(*given))

    def _check_open(self, request: HttpRequest, row: Any, act: Act) -> None:
        why_not = self.offers(request, row).get(act.name)
        if why_not is None:
            raise Refusal(_("This cannot be done any more; nothing changed."))
        if why_not:
            raise Refusal(why_not)

    def _done(self, request: HttpRequest, row: Any, act: Act) -> str:
        if not act.reason:
            return self.call(act, request, row)
        reason = " ".join(request.POST.get("reason", "").replace("\x00", "").split())
        if not 0 < len(reason) <= REASON_LENGTH:
            raise Refusal(_("Give a reason, in 200 letters at most. Nothing changed."))
        return self.call(act, request, row, reason)

    def _by_form(self, request: HttpRequest, row: Any, act: Act) -> HttpResponse:
        form = self.form_of(request, row, act)
        if request.method == "POST" and form.is_valid():
            try:
                messages.success(request, self.call(act, request, row, form))
                return HttpResponseRedirect(self.page_after(row))
            except Refusal as refusal:
                form.add_error(None, str(refusal))
        return form_page(
            self,
            request,
            title=act.words,
            form=form,
            facts=self.facts_of(request, row, act),
            back=(self.page_after(row), self.heading(row)),
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if row := kwargs.get("obj"):
            context["offers"] = self._offers(request, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def _offers(self, request: HttpRequest, row: Any) -> list[Offer]:
        shown = self.offers(request, row)
        return [
            Offer(
                act=act,
                url=self._url(act, row),
                why_not=shown[act.name],
            )
            for act in self.acts
            if act.name in shown and request.user.has_perm(act.right)
        ]

    def _url(self, act: Act, row: Any) -> str:
        if act.form:
            return reverse(f"admin:{act.form}", args=[row.pk])
        return reverse(f"admin:{self.act_url_name}", args=[row.pk, act.name])
