"""Withdrawing from an order: the sum and how it is counted, then the confirmation."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from billing.forms import WithdrawForm
from billing.giving_back import withdraw_page, withdrawal
from billing.giving_back.refund_requests import CannotBeGivenBack, DisputeOpen
from billing.giving_back.withdrawal import SumChanged, TooLate
from billing.models import Order
from lib import clock
from lib.money import format_money


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    """GET shows what would go back; POST withdraws, once."""
    visible = Order.objects.visible_to(request.user).select_related("line", "plan")
    found = get_object_or_404(visible, pk=order_id, buyer=request.user)
    form = WithdrawForm(request.POST or None)
    try:
        if request.method == "POST" and form.is_valid():
            return _confirmed(request, found, form)
        return _page(request, found)
    except TooLate:
        messages.error(request, _("The 14 days for this order are over. Our support may still help you."))
    except DisputeOpen:
        messages.error(request, _("Your bank is looking into this payment. Nothing can go back until it has decided."))
    except CannotBeGivenBack:
        messages.error(request, _("Nothing is left of this order that could go back. Our support may still help you."))
    return redirect("order", order_id=order_id)


def _page(request: SignedInRequest, order: Order) -> HttpResponse:
    offer = withdrawal.offer(order, request.user, now=clock.now())
    return render(request, "billing/withdraw.html", withdraw_page.facts(order, offer))


def _confirmed(request: SignedInRequest, order: Order, form: WithdrawForm) -> HttpResponse:
    asked = form.cleaned_data
    try:
        done = withdrawal.withdraw(
            order,
            subscriber=request.user,
            shown_minor=asked["shown_minor"],
            as_credit=asked["to"] == "credit",
            now=clock.now(),
        )
    except SumChanged:
        messages.info(request, _("The sum has changed meanwhile. Look at it and confirm again."))
        return redirect("order_withdraw", order_id=order.pk)
    words = {"sum": format_money(done.amount_minor, done.currency)}
    messages.success(request, _("You have withdrawn. %(sum)s go back; we have sent you a confirmation.") % words)
    return redirect("order", order_id=order.pk)
