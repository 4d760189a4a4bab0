"""The desk's own pages: the way in, the search box, and the link that makes somebody staff."""

from allauth.account.decorators import secure_admin_login
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django.contrib import admin
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lib import audit
from portal.staff import entry, finding, invitations
from portal.staff.passwords import StaffPasswordForm

#: Where the token waits between the link and the form, so that it leaves the address bar at once.
_TOKEN = "staff_invitation"  # noqa: S105  a key of the session
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@secure_admin_login  # type: ignore[untyped-decorator]
def entrance(request: HttpRequest) -> HttpResponse:
    """Sends staff on to where they wanted to go, or says what is missing: a second factor, or its code."""
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        wanted = reverse("admin:index")
    if admin.site.has_permission(request):
        return HttpResponseRedirect(wanted)
    context = {
        **admin.site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": _("One more step"),
        "has_factor": entry.has_factor(request.user),
        "wanted": wanted,
    }
    return TemplateResponse(request, "admin/second_factor.html", context)


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """One box for everything. A POST, since numbers and addresses do not belong in URLs."""
    asked = request.POST.get("q", "").replace("\x00", "").strip()[: finding.LONGEST]
    hits = finding.find(asked, request=request)
    audit.done(request, "searched", subject="desk", hits=len(hits))
    if len(hits) == 1:
        return redirect(hits[0].url)
    context = {
        **admin.site.each_context(request),
        "title": _("Search"),
        "asked": asked,
        "hits": hits,
        "read_as": finding.explained(asked),
    }
    return TemplateResponse(request, "admin/search.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """The link of `create_staff`: choose a password, then set up the second factor."""
    if token := request.GET.get("token"):
        request.session[_TOKEN] = token
        return redirect("staff_invitation")
    person = invitations.person_of(request.session.get(_TOKEN, ""))
    if person is None:
        return render(request, "admin/invitation_over.html", status=410)
    form = StaffPasswordForm(person, request.POST or None)
    if not form.is_valid():
        return render(request, "admin/invitation.html", {"form": form, "person": person})
    logout(request)
    invitations.accept(person, password=form.cleaned_data["new_password1"])
    login(request, person, backend=_BACKEND)
    reauthenticate_by_password(request)
    return redirect("mfa_activate_totp" if not entry.has_factor(person) else "admin:index")
