"""Joining a group: the code, then what both sides will see of each other, then the one confirmation.

The code is read once. Between the steps the session keeps which invitation was shown, for a quarter of an hour; no address and no page
holds the code.
"""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.adapter import client_address
from accounts.current_line import current_line, lines_of
from accounts.models import Line
from accounts.requests import SignedInRequest
from lib import clock
from lib.guessing import TooManyTries
from lib.msisdn import mask
from plans.groups import joining, words
from plans.groups.forms import CodeForm, JoinForm
from plans.groups.rules import NotPossible, Why
from plans.models import GroupInvite

_KEY = "group-invite"
_VALID_SECONDS = 15 * 60


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: SignedInRequest) -> HttpResponse:
    """Type the code. What cannot be used gets one and the same answer."""
    line = current_line(request)
    if line is None:
        messages.info(request, _("Add your mobile number first; then it can join a group."))
        return redirect("line_add")
    form = CodeForm(request.POST or None)
    if not form.is_valid():
        return _code_page(request, line, form)
    code, address = form.cleaned_data["code"], client_address(request)
    try:
        found = joining.look_up(code=code, subscriber=request.user, address=address, now=clock.now())
    except TooManyTries:
        return _code_page(request, line, CodeForm(), is_too_often=True)
    except NotPossible as error:
        form.add_error("code", words.refusal(error))
        return _code_page(request, line, form)
    until = clock.real_now().timestamp() + _VALID_SECONDS
    request.session[_KEY] = {"id": str(found.pk), "until": until}
    return redirect("group_join_check")


def _code_page(request: SignedInRequest, line: Line, form: CodeForm, *, is_too_often: bool = False) -> HttpResponse:
    refused = 429 if is_too_often else 422
    context = {"place": "home", "line": line, "lines": lines_of(request), "form": form, "is_too_often": is_too_often}
    return render(request, "plans/groups/join.html", context, status=refused if request.method == "POST" else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: SignedInRequest) -> HttpResponse:
    """GET says who invites and what both will see of each other; POST joins, once."""
    line, form = current_line(request), JoinForm(request.POST or None)
    try:
        invite = _remembered(request)
        if line is None:
            return redirect("group_join")
        if request.method != "POST" or not form.is_valid() or form.cleaned_data["line"] != line.pk:
            return _check_page(request, line, invite, form)
        shows = form.cleaned_data["shows"]
        joining.join(invite=invite, line=line, subscriber=request.user, shows=shows, now=clock.now())
    except NotPossible as error:
        messages.error(request, words.refusal(error))
        return redirect("group" if error.why != Why.CODE else "group_join")
    messages.success(request, _("You are in the group. Your own data is used first."))
    return redirect("group")


def _check_page(request: SignedInRequest, line: Line, invite: GroupInvite, form: JoinForm) -> HttpResponse:
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            form.add_error(None, _("Something has changed since this page was shown. Check it and confirm again."))
        form.data = {**{name: form.data.get(name) for name in form.data}, "line": line.pk}
    else:
        form = JoinForm(initial={"line": line.pk, "shows": request.user.name})
    context = {"place": "home", "line": line, "lines": lines_of(request), "form": form, "invite": invite}
    context["owner_number"] = mask(invite.group.line.msisdn)
    return render(request, "plans/groups/join_check.html", context, status=status)


def _remembered(request: SignedInRequest) -> GroupInvite:
    """Raises NotPossible when none was shown or it is over by now; one that has just been used is shown again to who used it."""
    kept = request.session.get(_KEY)
    if not kept or kept["until"] < clock.real_now().timestamp():
        raise NotPossible(Why.CODE)
    return joining.shown(UUID(kept["id"]), subscriber=request.user, now=clock.now())
