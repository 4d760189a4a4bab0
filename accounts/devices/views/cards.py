"""The list of a line's SIMs, and what is done with one of them: blocked, unblocked, named, taken out, its PUK shown."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current_line import current_line, lines_of
from accounts.devices import asked, blocking, page, puk, removing, words
from accounts.devices.changing import By, CannotBeChanged
from accounts.devices.forms import NameForm
from accounts.devices.proven import proven_to_post
from accounts.models import DeviceKind, Sim
from accounts.requests import SignedInRequest
from lib import clock
from lib.brand import brand


@login_required
@never_cache
@require_safe
def devices(request: SignedInRequest) -> HttpResponse:
    line = current_line(request)
    if line is None:
        return redirect("line_add")
    return render(request, "accounts/devices/list.html", page.facts(line) | {"lines": lines_of(request)})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lost(request: SignedInRequest, sim_id: UUID) -> HttpResponse:
    """The second of two taps. No password: blocking protects, and whoever lost a phone may not have theirs at hand."""
    sim = asked.sim_of(request, sim_id)
    if request.method != "POST":
        return render(request, "accounts/devices/lost.html", {"sim": sim, "line": sim.line})
    return _done(request, sim, blocking.block, _("Blocked. Nobody can use this SIM now."))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proven_to_post
def unblock(request: SignedInRequest, sim_id: UUID) -> HttpResponse:
    sim = asked.sim_of(request, sim_id)
    if request.method != "POST":
        return render(request, "accounts/devices/unblock.html", {"sim": sim, "line": sim.line})
    return _done(request, sim, blocking.unblock, _("Unblocked. This SIM works again."))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def name(request: SignedInRequest, sim_id: UUID) -> HttpResponse:
    sim = asked.sim_of(request, sim_id)
    form = NameForm(request.POST or None, initial={"label": sim.label, "device": sim.device})
    if request.method == "POST" and form.is_valid():
        removing.rename(sim, label=form.cleaned_data["label"], device=DeviceKind(form.cleaned_data["device"]))
        messages.success(request, _("Saved."))
        return redirect("devices")
    context = {"sim": sim, "line": sim.line, "form": form}
    return render(request, "accounts/devices/name.html", context, status=422 if form.is_bound else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proven_to_post
def remove(request: SignedInRequest, sim_id: UUID) -> HttpResponse:
    sim = asked.sim_of(request, sim_id)
    if request.method != "POST":
        return render(request, "accounts/devices/remove.html", {"sim": sim, "line": sim.line})
    return _done(request, sim, removing.remove, _("Taken out. This SIM works no more."))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proven_to_post
def show_puk(request: SignedInRequest, sim_id: UUID) -> HttpResponse:
    """Shown in the answer to the button, and only there."""
    sim = asked.sim_of(request, sim_id)
    context = {"sim": sim, "line": sim.line, "is_known": puk.is_known(sim)}
    if request.method != "POST":
        return render(request, "accounts/devices/puk.html", context)
    try:
        shown = puk.show(sim.pk, line_id=sim.line_id, by=asked.by(request), now=clock.now())
    except (puk.NotKnown, CannotBeChanged):
        return render(request, "accounts/devices/puk.html", context | {"is_known": False}, status=422)
    return render(request, "accounts/devices/puk.html", context | {"puk": shown})


@login_required
@require_safe
def internet(request: SignedInRequest) -> HttpResponse:
    """The access point, by device."""
    return render(request, "accounts/devices/internet.html", {"apn": brand().apn, "line": current_line(request)})


class _Act(Protocol):
    def __call__(self, sim_id: UUID, /, *, line_id: UUID, by: By, now: datetime) -> object: ...


def _done(request: SignedInRequest, sim: Sim, act: _Act, said: str) -> HttpResponse:
    """Back on the list, with what came of it."""
    try:
        act(sim.pk, line_id=sim.line_id, by=asked.by(request), now=clock.now())
        messages.success(request, said)
    except CannotBeChanged as error:
        messages.error(request, words.refusal(error))
    return redirect("devices")
