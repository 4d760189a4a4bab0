"""Everything the portal may send: what it looks like, and what its reader wants of it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import message_choices
from accounts.current_line import current_line
from accounts.requests import SignedInRequest
from lib import clock
from lib.brand import brand
from notifications import samples
from notifications.kinds import KINDS, Channel
from notifications.sms_text import segments


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: SignedInRequest) -> HttpResponse:
    line = current_line(request)
    if request.method == "POST":
        changed = message_choices.choose(request.user, line, ticked=set(request.POST.getlist("wanted")))
        messages.success(request, _("Saved.") if changed else _("Nothing has changed."))
        return redirect("message_choices")
    context = {"sections": message_choices.sections(request.user, line), "line": line}
    return render(request, "accounts/message_choices.html", context)


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
        "segments": segments(made[Channel.SMS].text) if Channel.SMS in made else 0,
        "mail": made.get(Channel.EMAIL),
        "sender": brand().name,
    }
    return render(request, "accounts/message_example.html", context)
