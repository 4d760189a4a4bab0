"""Deleting one's account: what goes and what stays, a week to think, and the link in the mail that keeps it."""

from typing import cast

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.erasing import wishes
from accounts.requests import SignedInRequest
from lib import clock
from portal.my_data import erasing


class LeaveForm(forms.Form):
    """Typing one's own address is nothing that happens by a slip of the finger, in any language."""

    email = forms.EmailField(
        label=gettext_lazy("Type your e-mail to confirm"), widget=forms.EmailInput({"autocomplete": "off"})
    )

    def __init__(self, own: str, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.own = own

    def clean_email(self) -> str:
        if self.cleaned_data["email"].lower() != self.own.lower():
            raise ValidationError(_("This is not the e-mail of this account."))
        return self.own


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: SignedInRequest) -> HttpResponse:
    """Behind the password; who comes too late with the form is asked on the page again."""
    try:
        return cast("HttpResponse", _proven(request))
    except ReauthenticationRequired:
        if request.method != "POST":
            raise
        return redirect("account_delete")


@reauthentication_required
def _proven(request: SignedInRequest) -> HttpResponse:
    form = LeaveForm(request.user.email, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            erasing.ask(request.user, now=clock.now(), real_now=clock.real_now())
        except erasing.NotYet:
            form.add_error(None, _("Something has come up meanwhile. See below."))
        else:
            return redirect("account_delete")
    wish = wishes.open_wish(request.user)
    context = {
        "form": form,
        "wish": wish,
        "keep_url": wishes.keep_path(wish) if wish else "",
        "obstacles": erasing.obstacles(request.user),
        "lines": request.user.lines,
        "days": wishes.WAIT.days,
    }
    return render(request, "portal/my_data/leave.html", context, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the mail; works without signing in, and only a button keeps the account."""
    try:
        wish = wishes.wish_of(token)
    except wishes.NoSuchWish as error:
        raise Http404 from error
    if request.method != "POST":
        return render(request, "portal/my_data/keep.html", {"wish": wish})
    if not wishes.keep(wish, real_now=clock.real_now()):  # deleted a moment ago
        raise Http404
    messages.success(
        request, _("Your account stays. Auto-renew and auto top-up are off; switch them on again if you like.")
    )
    return redirect("profile" if request.user.is_authenticated else "account_login")
