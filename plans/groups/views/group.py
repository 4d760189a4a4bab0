"""The page of the current line's group, and what its members do there."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current_line import current_line, lines_of
from accounts.models import Line
from accounts.requests import SignedInRequest
from lib import clock
from plans.groups import asking, ending, inviting, page, words
from plans.groups.forms import AskForm, StartForm
from plans.groups.rules import OUT_OF_USE, NotPossible
from plans.models import GroupMember, SharingGroup


@login_required
@never_cache
@require_safe
def group(request: SignedInRequest) -> HttpResponse:
    line = current_line(request)
    if line is None:
        messages.info(request, _("Add your mobile number first; then it can share data with others."))
        return redirect("line_add")
    return shown(request, line, now=clock.now())


def shown(request: SignedInRequest, line: Line, *, now: datetime, status: int = 200, **more: Any) -> HttpResponse:
    """As owner, as member, or before either. `more`: a form that was refused."""
    context = {"place": "home", "line": line, "lines": lines_of(request)}
    if own := SharingGroup.objects.of(request.user).filter(line=line).select_related("line").first():
        context |= page.of_owner(own, now=now)
        return render(request, "plans/groups/owner.html", context | more, status=status)
    if member := member_of(request, line):
        context |= page.of_member(member, now=now)
        return render(request, "plans/groups/member.html", context | more, status=status)
    context |= {"form": StartForm(initial={"shows": request.user.name}), "is_out_of_use": line.state in OUT_OF_USE}
    return render(request, "plans/groups/none.html", context | more, status=status)


def member_of(request: SignedInRequest, line: Line) -> GroupMember | None:
    """The line's membership, if the reader joined with it."""
    return GroupMember.objects.of(request.user).filter(line=line).select_related("line", "group__line").first()


def own_line(request: SignedInRequest) -> Line:
    """Raises Http404 for whoever has none."""
    line = current_line(request)
    if line is None:
        raise Http404
    return line


def done(request: SignedInRequest, act: Callable[[], object], said: str) -> HttpResponse:
    """Back on the page, with what came of it."""
    try:
        act()
    except NotPossible as error:
        messages.error(request, words.refusal(error))
    else:
        messages.success(request, said)
    return redirect("group")


@login_required
@require_POST
def start(request: SignedInRequest) -> HttpResponse:
    line, form = own_line(request), StartForm(request.POST)
    if not form.is_valid():
        return shown(request, line, now=clock.now(), status=422, form=form)
    shows = form.cleaned_data["shows"]
    return done(
        request,
        lambda: inviting.start(line=line, owner=request.user, shows=shows, now=clock.now()),
        _("Your group is there. Now invite the first member."),
    )


@login_required
@require_POST
def ask(request: SignedInRequest) -> HttpResponse:
    line, form = own_line(request), AskForm(request.POST)
    member = _member(request, line)
    if not form.is_valid():
        return shown(request, line, now=clock.now(), status=422, ask_form=form)
    amount = form.cleaned_data["amount"]
    return done(
        request,
        lambda: asking.ask(member=member, amount_bytes=amount, now=clock.now()),
        _("Asked. The owner has a day to answer; we tell you."),
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: SignedInRequest) -> HttpResponse:
    """GET says what happens; POST does it."""
    line = own_line(request)
    member = _member(request, line)
    if request.method == "POST":
        return done(request, lambda: ending.leave(member=member, now=clock.now()), _("You have left the group."))
    context = {
        "place": "home",
        "title": _("Leave the group of %(name)s") % {"name": member.group.shows},
        "points": words.LEAVING,
        "act": _("Leave the group"),
        "keep": _("Stay in the group"),
    }
    return render(request, "plans/groups/check.html", context)


def _member(request: SignedInRequest, line: Line) -> GroupMember:
    member = member_of(request, line)
    if member is None:
        raise Http404
    return member
