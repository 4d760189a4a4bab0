"""Who I am to the portal: name, language, time zone, and the ways to the rest."""

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import hold, mail_trouble
from accounts.current_line import lines_of
from accounts.erasing import wishes
from accounts.forms import ProfileForm
from accounts.requests import SignedInRequest


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        translation.activate(saved.language)
        messages.success(request, _("Saved."))
        response = redirect("profile")
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
        return response
    context = {
        "form": form,
        "lines": lines_of(request),
        "mail_trouble": mail_trouble.of(request.user),
        "held_until": hold.until(request.user),
        "wish": wishes.open_wish(request.user),
        "has_factor": is_mfa_enabled(request.user),
    }
    return render(request, "accounts/profile.html", context, status=422 if form.is_bound and form.errors else 200)
