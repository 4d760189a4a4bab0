"""Having leftover credit paid out, and taking that back."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.current_line import current_line
from accounts.models import Line
from accounts.requests import SignedInRequest
from billing.models import Payout
from billing.paying_out import payout_page, payouts
from billing.paying_out.payout_form import PayoutForm
from billing.paying_out.payouts import CannotBePaidOut
from lib import clock


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def payout(request: SignedInRequest) -> HttpResponse:
    """The form, or how the pay-out that is on its way stands; both behind the password.

    A form sent too late is not kept until the password is typed, as others are: bank data is written nowhere in the clear.
    """
    try:
        answer: HttpResponse = _proven(request)
    except ReauthenticationRequired:
        if request.method != "POST":
            raise
        return redirect("payout")
    return answer


@reauthentication_required
def _proven(request: SignedInRequest) -> HttpResponse:
    line = current_line(request)
    if line is None:
        return redirect("line_add")
    if request.method == "POST" and payouts.open_payout(line) is None:
        return _ask(request, line)
    form = PayoutForm(initial={"shown_minor": payouts.payable(line).minor, "holder": request.user.name})
    return _page(request, line, form)


def _ask(request: SignedInRequest, line: Line) -> HttpResponse:
    form = PayoutForm(request.POST)
    if not form.is_valid():
        return _page(request, line, form)
    payable = payouts.payable(line)
    if payable.minor != form.cleaned_data["shown_minor"]:
        form.add_error(None, _("It is now %(sum)s. Look at it and confirm again.") % {"sum": payable})
        form.show_sum(payable.minor)
        return _page(request, line, form)
    try:
        asked = payouts.ask(line=line, subscriber=request.user, account=form.account(), now=clock.now())
    except CannotBePaidOut as error:
        form.add_error(None, payout_page.refusal_in_words(error))
        return _page(request, line, form)
    messages.success(request, _("Asked for. Your credit is set aside for %(account)s.") % {"account": asked.bank_hint})
    return redirect("payout")


def _page(request: SignedInRequest, line: Line, form: PayoutForm) -> HttpResponse:
    context = payout_page.facts(line, request.user, form, now=clock.now())
    return render(request, "billing/payout.html", context, status=422 if form.is_bound and form.errors else 200)


@login_required
@require_POST
def cancel(request: SignedInRequest, payout_id: UUID) -> HttpResponse:
    found = get_object_or_404(Payout, pk=payout_id, subscriber=request.user)
    try:
        payouts.cancel(found.pk, subscriber=request.user, now=clock.now())
        messages.success(request, _("Taken back. The money is credit again."))
    except CannotBePaidOut as error:
        messages.error(request, payout_page.refusal_in_words(error))
    return redirect("credit")
