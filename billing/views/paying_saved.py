"""Paying an order that was just placed with a saved way to pay, while its buyer is here."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.requests import SignedInRequest
from billing.models import AttemptState, Order, PaymentMethod
from billing.paying import charging
from billing.paying.attempts import NothingToPay
from billing.paying.charging import CannotBeCharged, PaidElsewhere
from billing.views.orders import to_payment_page
from lib import clock


def pay_with(request: SignedInRequest, placed: Order, method: PaymentMethod) -> HttpResponse:
    """To the order's page; to the payment page of the same order when the bank wants to see its owner, or the way to pay is gone."""
    try:
        attempt = charging.charge(order_id=placed.pk, line_id=placed.line_id, method_id=method.pk, now=clock.now())
    except (NothingToPay, PaidElsewhere):
        return redirect("order", order_id=placed.pk)
    except CannotBeCharged:
        messages.info(request, _("%(label)s can no longer be used to pay.") % {"label": method.label})
        return to_payment_page(request, placed)
    if attempt.state == AttemptState.WANTS_BANK:
        return to_payment_page(request, placed)
    if attempt.state in {AttemptState.DECLINED, AttemptState.REFUSED}:
        messages.error(
            request,
            _("%(label)s was declined. You have not been charged. Pay the order another way.")
            % {"label": method.label},
        )
    return redirect("order", order_id=placed.pk)
