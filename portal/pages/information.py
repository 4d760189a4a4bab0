"""Contact and the operator's legal texts."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Subscriber
from billing import wording
from billing.models import Order
from lib.brand import brand


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """How to reach support; `?order=` quotes an order that the reader may see, and anything else is left out silently."""
    order = _quoted(request)
    context: dict[str, object] = {"place": "help", "order": order}
    if order is not None:
        context |= {"order_title": wording.title_of(order), "order_words": wording.words_of(order)}
    return render(request, "portal/contact.html", context)


def _quoted(request: HttpRequest) -> Order | None:
    if not isinstance(request.user, Subscriber):
        return None
    try:
        order_id = UUID(request.GET.get("order", ""))
    except ValueError:
        return None
    found = Order.objects.visible_to(request.user).select_related("line", "plan").prefetch_related("payments")
    return found.filter(pk=order_id).first()


@require_safe
def legal(request: HttpRequest, kind: str) -> HttpResponse:
    """`kind` is `terms`, `privacy` or `imprint`."""
    return render(request, "portal/legal.html", {"text": brand().text(kind)})
