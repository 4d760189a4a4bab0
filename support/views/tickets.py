"""One ticket: reading it, saying something more, and that it is solved. A guest reads theirs by the link in their mail."""

from uuid import UUID

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import SignedInRequest
from lib import clock
from support import conversation, guests, limits
from support.forms import ReplyForm
from support.models import Ticket
from support.models.ticket import GONE
from support.pages import ticket_page

_SHOWN = ("order__line", "order__plan", "line", "subscriber")


@login_required
@never_cache
@require_safe
def ticket(request: SignedInRequest, ticket_id: UUID) -> HttpResponse:
    return _page(request, _own(request, ticket_id), ReplyForm())


@login_required
@require_POST
def reply(request: SignedInRequest, ticket_id: UUID) -> HttpResponse:
    return _replied(request, _own(request, ticket_id), actor=f"subscriber:{request.user.pk}")


@login_required
@require_POST
def solve(request: SignedInRequest, ticket_id: UUID) -> HttpResponse:
    return _solved(request, _own(request, ticket_id), actor=f"subscriber:{request.user.pk}")


@never_cache
@require_safe
def guest_ticket(request: HttpRequest, token: str) -> HttpResponse:
    return _page(request, _of_guest(token), ReplyForm())


@require_POST
def guest_reply(request: HttpRequest, token: str) -> HttpResponse:
    return _replied(request, _of_guest(token), actor="guest")


@require_POST
def guest_solve(request: HttpRequest, token: str) -> HttpResponse:
    return _solved(request, _of_guest(token), actor="guest")


def _own(request: SignedInRequest, ticket_id: UUID) -> Ticket:
    return get_object_or_404(request.user.tickets.select_related(*_SHOWN), pk=ticket_id)


def _of_guest(token: str) -> Ticket:
    """Raises Http404."""
    if (ticket_id := guests.ticket_of(token)) is None:
        raise Http404
    of_guests = Ticket.objects.filter(subscriber=None).exclude(email=GONE)
    return get_object_or_404(of_guests.select_related(*_SHOWN), pk=ticket_id)


def _page(request: HttpRequest, found: Ticket, form: ReplyForm) -> HttpResponse:
    context = ticket_page.facts(found, form, now=clock.now())
    return render(request, "support/ticket.html", context, status=422 if form.is_bound else 200)


def _replied(request: HttpRequest, found: Ticket, *, actor: str) -> HttpResponse:
    form = ReplyForm(request.POST)
    if not form.is_valid():
        form.for_another_try()
        return _page(request, found, form)
    try:
        limits.count(person=found.email or actor, address=get_adapter(request).get_client_ip(request) or "")
    except limits.TooManyTickets:
        form.add_error(None, _("You have written often within the last hour. Wait a little, or call us."))
        return _page(request, found, form)
    asked = form.cleaned_data
    conversation.reply(found.pk, text=asked["text"], actor=actor, now=clock.now(), form_token=asked["form_token"])
    messages.success(request, _("We have it. Support has been told."))
    return redirect(guests.page_of(found))


def _solved(request: HttpRequest, found: Ticket, *, actor: str) -> HttpResponse:
    conversation.solve(found.pk, actor=actor, now=clock.now())
    messages.success(request, _("Glad to hear it. If it comes back, write here again."))
    return redirect(guests.page_of(found))
