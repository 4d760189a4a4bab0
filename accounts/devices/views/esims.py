"""Ordering an eSIM, seeing it being prepared, showing its code, and saying that it is installed."""

from uuid import UUID

from cryptography.fernet import InvalidToken
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.current_line import current_line
from accounts.devices import asked, esim, qr, words
from accounts.devices.changing import CannotBeChanged
from accounts.devices.esim import EsimWish
from accounts.devices.forms import EsimForm
from accounts.devices.proven import proven_to_post
from accounts.models import DeviceKind, EsimOrder, Line
from accounts.requests import SignedInRequest
from lib import clock


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proven_to_post
def order(request: SignedInRequest) -> HttpResponse:
    """What it is for, what it does and costs, and the button."""
    line = current_line(request)
    if line is None:
        return redirect("line_add")
    form = EsimForm(request.POST or None, initial={"device": DeviceKind.WATCH})
    if request.method == "POST" and form.is_valid():
        try:
            made = esim.order(_wish(request, line, form), now=clock.now())
            return redirect("esim", order_id=made.pk)
        except CannotBeChanged as error:
            form.add_error(None, words.refusal(error))
    context = {"line": line, "form": form, "refusal": _refusal(line) if not form.is_bound else ""}
    return render(request, "accounts/devices/esim_order.html", context, status=422 if form.is_bound else 200)


def _wish(request: SignedInRequest, line: Line, form: EsimForm) -> EsimWish:
    return EsimWish(
        line_id=line.pk,
        subscriber=request.user,
        form_token=form.cleaned_data["form_token"],
        device=DeviceKind(form.cleaned_data["device"]),
        label=form.cleaned_data["label"],
    )


def _refusal(line: Line) -> str:
    try:
        esim.check(line, now=clock.now())
    except CannotBeChanged as error:
        return words.refusal(error)
    return ""


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@proven_to_post
def show(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    """How it stands; its code in the answer to the button, and only there, until it is installed."""
    found = asked.esim_of(request, order_id)
    context: dict[str, object] = {"order": found, "line": found.line, "sim": found.sim}
    if request.method == "POST":
        context |= _code(request, found)
    return render(request, "accounts/devices/esim.html", context)


def _code(request: SignedInRequest, found: EsimOrder) -> dict[str, object]:
    try:
        code = esim.code_of(found)
    except InvalidToken:
        code = None
    if code is None:
        messages.info(request, _("There is no code to show any more."))
        return {}
    esim.note_shown(found, asked.by(request), now=clock.now())
    return {"code": code, "qr": qr.picture(code)}


@login_required
@require_POST
def installed(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    found = asked.esim_of(request, order_id)
    esim.installed(found.pk, line_id=found.line_id)
    messages.success(request, _("Good. Its code is not shown any more."))
    return redirect("devices")
