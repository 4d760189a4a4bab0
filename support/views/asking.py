"""Asking support: first what may answer it, then the form."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.current_line import current_line, lines_of
from accounts.models import Line, Subscriber
from billing import payer_codes
from billing.models import GuestTopUp, Order
from lib import clock
from support import asking, limits
from support.articles import situations
from support.asking import FormUsed, Question
from support.forms import QuestionForm
from support.models import Topic
from support.pages import new_page
from support.pages.new_page import About


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """GET offers answers that fit `?order=`, `?page=` and `?q=`; with `?write=1` also the form. POST sends it. Whoever asks about an
    order signs in first.
    """
    if request.GET.get("order") and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    about, typed = _about(request), request.GET.get("q", "")
    lines = lines_of(request) if about.order is None else []
    given: dict[str, Any] = {"lines": lines, "is_guest": not isinstance(request.user, Subscriber)}
    if request.method != "POST":
        initial = {
            "title": typed.strip(),
            "topic": about.topic,
            "page": about.page,
            "line": about.line and about.line.pk,
        }
        form = QuestionForm(initial=initial, **given) if request.GET.get("write") else None
        return render(request, "support/new.html", new_page.facts(about, form, typed=typed))
    form = QuestionForm(request.POST, **given)
    if form.is_valid() and (sent := _sent(request, about, form)):
        return sent
    form.for_another_try()
    return render(request, "support/new.html", new_page.facts(about, form, typed=typed), status=422)


def _sent(request: HttpRequest, about: About, form: QuestionForm) -> HttpResponse | None:
    """Where the question leads; None, with an error in the form, when it was not taken."""
    question = _question(request, about, form)
    try:
        if asking.placed(question) is None:
            address = get_adapter(request).get_client_ip(request) or ""
            limits.count(person=question.email or question.actor, address=address)
        ticket = asking.ask(question, now=clock.now())
    except FormUsed:
        form.add_error(None, _("This page is too old. Go back to help and write it again."))
        return None
    except limits.TooManyTickets:
        form.add_error(None, _("You have written often within the last hour. Wait a little, or call us."))
        return None
    if ticket.subscriber_id:
        return redirect("ticket", ticket_id=ticket.pk)
    messages.success(request, _("Your question is here. We have sent you an e-mail with a link to it."))
    return redirect("help")


def _question(request: HttpRequest, about: About, form: QuestionForm) -> Question:
    asked = form.cleaned_data
    person = request.user if isinstance(request.user, Subscriber) else None
    chosen = next((line for line in lines_of(request) if str(line.pk) == form.line_id), about.line)
    return Question(
        topic=Topic(asked["topic"]),
        title=asked["title"],
        text=asked["text"],
        form_token=asked["form_token"],
        subscriber=person,
        email="" if person else asked["email"].lower(),
        language=person.language if person else get_language() or "en",
        time_zone=person.time_zone if person else timezone.get_current_timezone_name(),
        line=chosen,
        order=about.order,
        page=asked["page"],
    )


def _about(request: HttpRequest) -> About:
    """What the address names and the reader may see. Raises Http404."""
    page = situations.page_of(request)
    query = (("page", page),) if page else ()
    if named := request.GET.get("order", ""):
        order = _order(request, named)
        return About(order=order, page=page, line=_line_of(order, request), query=(("order", named), *query))
    if code := request.GET.get("top-up", ""):
        return About(order=_of_payer(code), page=page, query=(("top-up", code), *query))
    return About(page=page, line=current_line(request), query=query)


def _order(request: HttpRequest, named: str) -> Order:
    if not isinstance(request.user, Subscriber):
        raise Http404
    seen = Order.objects.visible_to(request.user).select_related("line", "plan").prefetch_related("payments")
    try:
        return seen.get(pk=UUID(named))
    except (ValueError, Order.DoesNotExist):
        raise Http404 from None


def _line_of(order: Order, request: HttpRequest) -> Line | None:
    """The order's line, as long as it is the reader's."""
    return next((line for line in lines_of(request) if line.pk == order.line_id), None)


def _of_payer(code: str) -> Order | None:
    """What somebody paid for another's number, known by the code of its page."""
    top_ups = GuestTopUp.objects.select_related("order__line", "order__plan").prefetch_related("order__payments")
    top_up = top_ups.filter(code_hash=payer_codes.hash_of(code)).first()
    if top_up is None:
        raise Http404
    return top_up.order
