"""A link to be paid by: the owner's page of it, and the page it opens for payers."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Line
from accounts.requests import SignedInRequest
from billing.for_others import link_page, links, targets
from billing.for_others.forms import LinkForm
from billing.views.for_others import go_on, show_what
from lib import clock


def _line(request: SignedInRequest, line_id: UUID) -> Line:
    return get_object_or_404(request.user.lines, pk=line_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def owner(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    """GET shows the link with its picture; POST makes one, and the one before it ends."""
    line = _line(request, line_id)
    form = LinkForm(request.POST or None, initial={"shows": request.user.name})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        links.make(line, request.user, shows=asked["shows"], lets_plans=asked["lets_plans"], now=clock.now())
        messages.success(request, _("Your link is made. Whoever has it can pay for your number."))
        return redirect("top_up_link_owner", line_id=line.pk)
    context = {"form": form, "line": line, **link_page.facts(line, request.user)}
    return render(request, "billing/for_others/link.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def revoke(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    line = _line(request, line_id)
    links.revoke(line, request.user, now=clock.now())
    messages.success(request, _("The link works no more."))
    return redirect("top_up_link_owner", line_id=line.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def payer(request: HttpRequest, token: str) -> HttpResponse:
    """What can be paid for; a link that stands no more is no page at all."""
    link = links.standing(token)
    if link is None:
        raise Http404
    target = targets.of_link(link)
    response = go_on(request, target) if request.method == "POST" else show_what(request, target)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
