"""Looking for an answer."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.current_line import current_line
from accounts.models import Subscriber
from support.articles import shelf, situations
from support.pages import help_page


@require_safe
def first(request: HttpRequest) -> HttpResponse:
    """Everybody may look; `?q=` looks for an article. `?order=`, as older mails and pages have it, leads to asking about that order."""
    if order := request.GET.get("order", ""):
        return redirect(f"{reverse('help_new')}?order={order}" if _is_plain(order) else "help_new")
    reader = request.user if isinstance(request.user, Subscriber) else None
    number, came_from = request.GET.get("page", ""), request.GET.get("from", "") or situations.page_of(request)
    came_from = came_from if came_from in situations.PAGES else ""
    context = help_page.facts(reader, typed=request.GET.get("q", ""), page=number, came_from=came_from)
    return render(request, "support/help.html", context)


@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    found = shelf.article_of(slug)
    if found is None:
        raise Http404
    return render(request, "support/article.html", help_page.article_facts(found, current_line(request)))


def _is_plain(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum()
