"""Paying by bank transfer, paying another way, and having unused money sent back."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import SignedInRequest
from billing import wording
from billing.forms import MethodForm
from billing.models import LIVE_PAYMENT_STATES, Method, Order, PaymentWay, TransferAccount
from billing.orders import NotWaiting
from billing.paying import another_way, method_choices, transfer_page, transfer_returns, ways_to_pay
from billing.paying.attempts import PageNotOpened
from billing.paying.transfer_returns import NothingUnused
from billing.views.orders import to_payment_page
from lib import clock


@login_required
@never_cache
@require_safe
def transfer(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    """Where to transfer what; an order that waits for nothing shows itself."""
    order = _mine(request, order_id)
    waiting = order.payments.filter(way=PaymentWay.TRANSFER, state__in=LIVE_PAYMENT_STATES).exclude(instructions={})
    payment = waiting.first()
    if payment is None:
        return redirect("order", order_id=order.pk)
    account = TransferAccount.objects.filter(subscriber=request.user, currency=payment.currency).first()
    return render(request, "billing/transfer.html", transfer_page.facts(order, payment, account, now=clock.now()))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pay_another_way(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    """GET offers the other ways; POST ends what was begun at the gateway, and begins anew."""
    order = _mine(request, order_id)
    if not another_way.is_open_for(order):
        messages.info(request, _("There is nothing to pay for this order at the moment."))
        return redirect("order", order_id=order.pk)
    form = MethodForm(request.POST or None, methods=ways_to_pay.at_the_gateway(order.currency))
    if request.method == "POST" and form.is_valid():
        return _changed(request, order, Method(form.cleaned_data["method"]))
    chosen = str(form["method"].value() or "")
    rows = method_choices.at_the_gateway(
        request.user, order.price, chosen=chosen, now=clock.now(), besides=[Method(order.method)]
    )
    context = {"place": "orders", "order": order, "title": wording.title_of(order), "form": form, "methods": rows}
    return render(request, "billing/pay_another_way.html", context, status=422 if form.is_bound else 200)


def _changed(request: SignedInRequest, order: Order, method: Method) -> HttpResponse:
    try:
        another_way.change(order, method=method, actor=f"subscriber:{request.user.pk}", now=clock.now())
    except NotWaiting:
        messages.info(request, _("Your payment has arrived meanwhile; there is nothing more to pay."))
        return redirect("order", order_id=order.pk)
    except PageNotOpened:
        messages.error(
            request, _("The payment provider does not answer, so nothing has changed. Try again in a minute.")
        )
        return redirect("order", order_id=order.pk)
    return to_payment_page(request, order)


@login_required
@require_POST
def send_back(request: SignedInRequest, account_id: UUID) -> HttpResponse:
    account = get_object_or_404(request.user.transfer_accounts, pk=account_id)
    try:
        transfer_returns.ask(account, subscriber=request.user)
        messages.success(request, _("Your money goes back to the bank account it came from."))
    except NothingUnused:
        messages.info(request, _("Nothing of your transfers is unused."))
    return redirect("credit")


def _mine(request: SignedInRequest, order_id: UUID) -> Order:
    orders = Order.objects.visible_to(request.user).select_related("line", "plan")
    return get_object_or_404(orders, pk=order_id, buyer=request.user)
