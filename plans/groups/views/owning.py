"""What the owner of a group does: inviting, caps, pauses, answers, removing, dissolving."""

from datetime import timedelta
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import SignedInRequest
from lib import clock
from lib.sealing import seal, unseal
from plans.groups import asking, caps, codes, ending, inviting, page, rules, shared, words
from plans.groups.forms import CapForm, InviteForm, as_gigabytes
from plans.groups.rules import NotPossible
from plans.groups.views.group import done, own_line, shown
from plans.models import GroupAsk, GroupInvite, GroupMember, SharingGroup

_KEY, _PURPOSE = "group-code", "group-code"
#: A code can be seen so long in the session that made it, and by nobody and nowhere else.
_SHOWN_FOR = timedelta(minutes=15)


@login_required
@require_POST
def invite(request: SignedInRequest) -> HttpResponse:
    """Makes a code; it is shown on a page of its own, for a quarter of an hour."""
    line, form = own_line(request), InviteForm(request.POST)
    group = get_object_or_404(SharingGroup.objects.of(request.user), line=line)
    if not form.is_valid():
        return shown(request, line, now=clock.now(), status=422, invite_form=form)
    try:
        made, code = inviting.invite(group=group, cap_bytes=form.cleaned_data["cap"], now=clock.now())
    except NotPossible as error:
        form.add_error(None, words.refusal(error))
        return shown(request, line, now=clock.now(), status=422, invite_form=form)
    _remember(request, made, code)
    return redirect("group_invitation", invite_id=made.pk)


@login_required
@never_cache
@require_safe
def invitation(request: SignedInRequest, invite_id: UUID) -> HttpResponse:
    """The code with words to send it on, for whoever has just made it."""
    found = get_object_or_404(_invites(request), pk=invite_id)
    context = {
        "place": "home",
        "invite": found,
        "code": _remembered(request, found) if found.is_open(clock.now()) else "",
        "join_url": settings.PORTAL_ORIGIN + reverse("group_join"),
    }
    return render(request, "plans/groups/invitation.html", context)


@login_required
@require_POST
def revoke(request: SignedInRequest, invite_id: UUID) -> HttpResponse:
    found = get_object_or_404(_invites(request), pk=invite_id)
    return done(request, lambda: inviting.revoke(invite=found, now=clock.now()), _("The code is good for nothing now."))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: SignedInRequest, member_id: UUID) -> HttpResponse:
    """A member's cap, and the ways to pause and to remove."""
    found, form = _member(request, member_id), CapForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        cap = form.cleaned_data["cap"]
        return done(request, lambda: caps.set_cap(member=found, cap_bytes=cap, now=clock.now()), _("Saved."))
    if not form.is_bound:
        form = CapForm(initial={"cap": as_gigabytes(found.cap_bytes)})
    period = rules.running_plan(found.group.line, now=clock.now())
    row = page.Row(found, shared.shares_of([found], period)[found.pk], page.is_paused(found))
    context = {"place": "home", "form": form, "row": row, "period": period}
    return render(request, "plans/groups/of_member.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def pause(request: SignedInRequest, member_id: UUID) -> HttpResponse:
    found = _member(request, member_id)
    said = _("Paused. Nothing more of your data goes to %(name)s.") % {"name": found.shows}
    return done(request, lambda: caps.pause(member=found, now=clock.now()), said)


@login_required
@require_POST
def resume(request: SignedInRequest, member_id: UUID) -> HttpResponse:
    found = _member(request, member_id)
    said = _("%(name)s may use your data again.") % {"name": found.shows}
    return done(request, lambda: caps.resume(member=found, now=clock.now()), said)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: SignedInRequest, member_id: UUID) -> HttpResponse:
    """GET says what happens; POST does it."""
    found = _member(request, member_id)
    if request.method == "POST":
        said = _("%(name)s is not in your group any more.") % {"name": found.shows}
        return done(request, lambda: ending.remove(member=found, now=clock.now()), said)
    context = {
        "place": "home",
        "title": _("Remove %(name)s") % {"name": found.shows},
        "points": words.REMOVING,
        "act": _("Remove from the group"),
        "keep": _("Keep this member"),
    }
    return render(request, "plans/groups/check.html", context)


@login_required
@require_POST
def approve(request: SignedInRequest, ask_id: UUID) -> HttpResponse:
    found = _ask(request, ask_id)
    return done(request, lambda: asking.approve(ask=found, now=clock.now()), _("Approved. It can be used at once."))


@login_required
@require_POST
def refuse(request: SignedInRequest, ask_id: UUID) -> HttpResponse:
    found = _ask(request, ask_id)
    said = _("Not approved. The member is told, and nothing changes.")
    return done(request, lambda: asking.refuse(ask=found, now=clock.now()), said)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def dissolve(request: SignedInRequest) -> HttpResponse:
    """GET says what happens; POST does it."""
    group = get_object_or_404(SharingGroup.objects.of(request.user), line=own_line(request))
    if request.method == "POST":
        return done(request, lambda: ending.dissolve(group=group, now=clock.now()), _("The group is dissolved."))
    context = {
        "place": "home",
        "title": _("Dissolve the group"),
        "points": words.DISSOLVING,
        "act": _("Dissolve the group"),
        "keep": _("Keep the group"),
    }
    return render(request, "plans/groups/check.html", context)


def _member(request: SignedInRequest, member_id: UUID) -> GroupMember:
    mine = GroupMember.objects.filter(left_at=None, group__in=SharingGroup.objects.of(request.user).values("pk"))
    return get_object_or_404(mine.select_related("line", "group__line").prefetch_related("pauses"), pk=member_id)


def _ask(request: SignedInRequest, ask_id: UUID) -> GroupAsk:
    asks = GroupAsk.objects.filter(member__group__in=SharingGroup.objects.of(request.user).values("pk"))
    return get_object_or_404(asks.select_related("member__line", "member__group__line"), pk=ask_id)


def _invites(request: SignedInRequest) -> QuerySet[GroupInvite]:
    mine = SharingGroup.objects.of(request.user).values("pk")
    return GroupInvite.objects.filter(group__in=mine).select_related("group")


def _remember(request: SignedInRequest, made: GroupInvite, code: str) -> None:
    until = (clock.real_now() + _SHOWN_FOR).timestamp()
    sealed = seal({"code": code}, purpose=_PURPOSE).decode("ascii")
    request.session[_KEY] = {"id": str(made.pk), "until": until, "sealed": sealed}


def _remembered(request: SignedInRequest, found: GroupInvite) -> str:
    """As it is printed; empty when it was shown long enough, or made elsewhere."""
    kept = request.session.get(_KEY)
    if not kept or kept["id"] != str(found.pk) or kept["until"] < clock.real_now().timestamp():
        return ""
    try:
        return codes.printed(unseal(kept["sealed"].encode("ascii"), purpose=_PURPOSE)["code"])
    except InvalidToken:
        return ""
