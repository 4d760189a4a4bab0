"""Taking a number to another operator: the lock, and the code."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.current_line import current_line
from accounts.devices import asked, number_lock, porting, second_factor, words
from accounts.devices.changing import CannotBeChanged
from accounts.models import Line
from accounts.requests import SignedInRequest
from lib import clock
from lib.wording import moment_in_words


@login_required
@never_cache
@require_safe
def number(request: SignedInRequest) -> HttpResponse:
    line = current_line(request)
    if line is None:
        return redirect("line_add")
    context = {
        "line": line,
        "unlock": number_lock.standing(line),
        "is_open": number_lock.is_open(line),
        "code": porting.standing(line),
        "has_factor": second_factor.opens_at_once(request.user),
        "hours": words.lock_wait(),
        "payout_url": reverse("payout"),
    }
    return render(request, "accounts/devices/number.html", context)


def _line(request: SignedInRequest, line_id: UUID) -> Line:
    return get_object_or_404(request.user.lines, pk=line_id)


@login_required
@require_POST
@reauthentication_required
def unlock(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    """At once where the second factor was given just now; whoever has one but has not given it waits like everybody else."""
    line = _line(request, line_id)
    is_fresh = second_factor.opens_at_once(request.user) and second_factor.is_fresh(request)
    try:
        made = number_lock.open_up(
            line.pk, subscriber=request.user, by_second_factor=is_fresh, session=asked.session(request)
        )
        if made.is_open(clock.real_now()):
            said, moment = _("The lock is open until %(moment)s, then it closes by itself."), made.closes_at
        else:
            said, moment = _("The lock opens on %(moment)s. We have told you by SMS and e-mail."), made.opens_at
        messages.success(request, said % {"moment": moment_in_words(moment)})
    except CannotBeChanged as error:
        messages.error(request, words.refusal(error))
    return redirect("number_lock")


@login_required
@require_POST
def lock(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    """No password: it protects."""
    line = _line(request, line_id)
    try:
        porting.lock_again(line.pk, subscriber=request.user)
        messages.success(request, _("Locked. Nobody can take the number away."))
    except CannotBeChanged as error:
        messages.error(request, words.refusal(error))
    return redirect("number_lock")


@login_required
@never_cache
@require_POST
@reauthentication_required
def port_code(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    """Made, or shown once more: in the answer to the button, and only there."""
    line = _line(request, line_id)
    try:
        made = porting.make(line.pk, subscriber=request.user)
    except CannotBeChanged as error:
        messages.error(request, words.refusal(error))
        return redirect("number_lock")
    context = {"line": line, "code": made, "text": porting.in_words(made), "payout_url": reverse("payout")}
    return render(request, "accounts/devices/port_code.html", context)
