"""Everything the portal may send: what it looks like, and what its reader wants of it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import mail_trouble, message_choices
from accounts.current_line import current_line
from accounts.requests import SignedInRequest
from lib import clock
from lib.brand import brand
from notifications import parts, samples
from notifications.kinds import KINDS, Channel


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: SignedInRequest) -> HttpResponse:
    line = current_line(request)
    if request.method == "POST":
        changed = message_choices.choose(request.user, line, ticked=set(request.POST.getlist("wanted")))
        messages.success(request, _("Saved.") if changed else _("Nothing has changed."))
        return redirect("message_choices")
    context = {
        "sections": message_choices.sections(request.user, line),
        "line": line,
        "mail_trouble": mail_trouble.of(request.user),
    }
    return render(request, "accounts/message_choices.html", context)


@login_required
@require_POST
def try_mail_again(request: SignedInRequest) -> HttpResponse:
    try:
        mail_trouble.try_again(request.user)
    except mail_trouble.TooSoon:
        messages.warning(request, _("It failed less than a day ago. Try again tomorrow, or enter another address."))
    else:
        messages.success(request, _("We write to this address again."))
    return redirect("message_choices")


@login_required
@require_safe
def example(request: SignedInRequest, kind: str) -> HttpResponse:
    about = KINDS.get(kind)
    if about is None:
        raise Http404
    line = current_line(request)
    how: dict[str, Any] = {
        "now": clock.now(),
        "language": request.LANGUAGE_CODE,
        "time_zone": request.user.time_zone,
    }
    made = {
        channel: samples.example(about, channel, **how, msisdn=line.msisdn if line else "")
        for channel in about.channels
    }
    context = {
        "kind": about,
        "sms": made.get(Channel.SMS),
        "mail": made.get(Channel.EMAIL),
        "parts": parts.read(made[Channel.EMAIL].text) if Channel.EMAIL in made else None,
        "sender": brand().name,
    }
    return render(request, "accounts/message_example.html", context)
