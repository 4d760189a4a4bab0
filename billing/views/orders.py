"""One order, all orders, and what can be done with an order."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import SignedInRequest
from billing import fulfilment, held_money, wording
from billing.models import HELD_KINDS, Order, ReviewItem
from billing.order_pages import order_page
from billing.orders import NotWaiting
from billing.paying import cancellation, checkout, transfers
from billing.paying.attempts import NothingToPay, PageNotOpened
from lib import clock

PAGE_SIZE = 20


def visible(request: SignedInRequest) -> QuerySet[Order]:
    """The orders the reader may see, with what pages show of them."""
    return (
        Order.objects.visible_to(request.user)
        .select_related("line", "plan", "buyer")
        .prefetch_related("payments", "review_items", "events")
    )


@login_required
@require_safe
def orders(request: SignedInRequest) -> HttpResponse:
    found = Order.objects.visible_to(request.user).select_related("line", "plan").prefetch_related("payments")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "billing/orders.html",
        {"place": "orders", "rows": [wording.row(order) for order in page], "page": page},
    )


@login_required
@never_cache
@require_safe
def order(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    """The order; somebody looking at it makes us ask the gateway, at most every 5 s."""
    found = get_object_or_404(visible(request), pk=order_id)
    if order_page.is_worth_asking(found):
        fulfilment.ask_again(found, now=clock.now())
        transfers.look(found, now=clock.now())
        found = visible(request).get(pk=order_id)
    return render(request, "billing/order.html", {"place": "orders", **order_page.facts(found, request.user)})


@login_required
@never_cache
@require_safe
def timeline(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    """The live part alone, which only reads; each look says when to look next."""
    found = get_object_or_404(visible(request), pk=order_id)
    look = request.GET.get("look", "")
    count = min(int(look), 99) if look.isascii() and look.isdigit() and len(look) < 4 else 99
    return render(request, "billing/_timeline.html", order_page.facts(found, request.user, look=count))


@login_required
@require_safe
def summary(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    """The contract summary as it was frozen with the order, in the language it was made in."""
    found = get_object_or_404(visible(request).exclude(summary={}), pk=order_id)
    with translation.override(found.summary["language"]):
        return render(request, "plans/summary.html", order_page.summary_facts(found))


@login_required
@require_POST
def pay(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    found = get_object_or_404(visible(request), pk=order_id)
    return to_payment_page(request, found)


def to_payment_page(request: HttpRequest, placed: Order) -> HttpResponse:
    """303 to the payment page; back to the order with a word when there is none."""
    try:
        return HttpResponse(status=303, headers={"Location": checkout.start(placed.pk)})
    except PageNotOpened:
        messages.error(
            request,
            _("The payment page did not open. Nothing has been charged and your order is kept. Try again in a minute."),
        )
    except NothingToPay:
        messages.info(request, _("There is nothing to pay for this order at the moment."))
    return redirect("order", order_id=placed.pk)


@login_required
@require_POST
def cancel(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    found = get_object_or_404(visible(request), pk=order_id, buyer=request.user)
    try:
        cancellation.cancel(found, actor=f"subscriber:{request.user.pk}", now=clock.now())
        messages.success(request, _("The order is cancelled. You have not been charged."))
    except NotWaiting:
        messages.error(request, _("This order cannot be cancelled any more; its page shows how it stands."))
    except PageNotOpened:
        messages.error(
            request, _("The payment provider does not answer, so the order stays open. Try again in a minute.")
        )
    return redirect("order", order_id=order_id)


@login_required
@require_POST
def give_back(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    item = _open_item(request, order_id)
    try:
        held_money.give_back(item, actor=f"subscriber:{request.user.pk}", now=clock.now())
        messages.success(request, _("Your money is on its way back. We write to you when it has been sent."))
    except PageNotOpened:
        messages.error(
            request, _("The payment provider does not answer. Your money stays held for you; try again in a minute.")
        )
    return redirect("order", order_id=order_id)


@login_required
@require_POST
def keep_as_credit(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    item = _open_item(request, order_id)
    try:
        held_money.keep_as_credit(item, subscriber=request.user, now=clock.now())
        messages.success(request, _("Your money is now credit of your number."))
    except held_money.NotYours:
        messages.error(request, _("This money cannot become credit of your number. You can take it back instead."))
    except PageNotOpened:
        messages.error(
            request, _("The payment provider does not answer. Your money stays held for you; try again in a minute.")
        )
    return redirect("order", order_id=order_id)


def _open_item(request: SignedInRequest, order_id: UUID) -> ReviewItem:
    """The order's open item in the currency that was posted, or the latest closed one: a second click changes nothing."""
    found = get_object_or_404(visible(request), pk=order_id, buyer=request.user)
    items = found.review_items.select_related("order").filter(
        kind__in=HELD_KINDS, currency=str(request.POST.get("currency", ""))[:3]
    )
    return get_object_or_404(items.order_by("-opened_at")[:1])
