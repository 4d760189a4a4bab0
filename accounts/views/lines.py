"""Choosing a line, adding one, and saying no to somebody who asks for one."""

from uuid import UUID

from allauth.core.exceptions import RateLimited
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import claims, current_line, line_proof
from accounts.forms import CodeForm, LineAddForm
from accounts.requests import SignedInRequest
from lib import clock
from lib.msisdn import format_msisdn


@login_required
@require_POST
def switch(request: SignedInRequest) -> HttpResponse:
    try:
        chosen = current_line.choose(request, UUID(request.POST.get("line", "")))
    except ValueError:
        chosen = False
    if not chosen:
        raise Http404
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if is_ours else "dashboard")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedInRequest) -> HttpResponse:
    form = LineAddForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            line_proof.begin(request, form.cleaned_data["phone"])
            return redirect("line_confirm")
        except RateLimited:
            form.add_error("phone", _("We have sent too many codes to this number or place. Try again in an hour."))
    return render(request, "accounts/line_add.html", {"form": form}, status=422 if form.is_bound else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: SignedInRequest) -> HttpResponse:
    msisdn = line_proof.waiting_for(request)
    if msisdn is None:
        messages.info(request, _("The code is too old. Ask for a new one."))
        return redirect("line_add")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _proven(request, form, msisdn)
        except line_proof.WrongCode as error:
            if not error.tries_left:
                messages.error(request, _("That was not the code, and this was the last try. Ask for a new one."))
                return redirect("line_add")
            left = ngettext("One try is left.", "%(count)s tries are left.", error.tries_left)
            form.add_error("code", _("That is not the code.") + " " + left % {"count": error.tries_left})
    context = {"form": form, "msisdn": msisdn}
    return render(request, "accounts/line_confirm.html", context, status=422 if form.is_bound else 200)


def _proven(request: SignedInRequest, form: CodeForm, msisdn: str) -> HttpResponse:
    line = line_proof.finish(request, request.user, form.cleaned_data["code"])
    number = {"number": format_msisdn(msisdn)}
    if line is None:
        messages.info(
            request,
            _("%(number)s belongs to somebody else. We have asked them; without a no it is yours in 24 hours.")
            % number,
        )
        return redirect("dashboard")
    request.session["line"] = str(line.pk)
    messages.success(request, _("%(number)s is now on your account.") % number)
    return redirect("dashboard")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def veto(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the owner's mail; works without signing in, and only a button says no."""
    try:
        claim = claims.claim_of(token)
    except claims.NoSuchClaim as error:
        raise Http404 from error
    if request.method == "POST":
        claims.veto(claim, now=clock.now())
        return render(request, "accounts/claim_refused.html", {"claim": claim})
    return render(request, "accounts/claim_veto.html", {"claim": claim})
