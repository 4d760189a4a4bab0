"""Numbers one tops up often: the list, and topping one up."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import SignedInRequest
from billing.for_others import payee_page, payees, targets
from billing.for_others.forms import PayeeForm, PayeeNameForm
from billing.for_others.targets import NotSoldThere
from billing.models import Payee
from billing.views.for_others import show_what
from lib import clock


def _payee(request: SignedInRequest, payee_id: UUID) -> Payee:
    return get_object_or_404(request.user.payees, pk=payee_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def listed(request: SignedInRequest) -> HttpResponse:
    """GET lists them and what was paid for others lately; POST adds one."""
    form = PayeeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            payees.add(request.user, msisdn=asked["number"], name=asked["name"], now=clock.now())
        except payees.KnownAlready:
            form.add_error("number", _("This number is on your list already."))
        except payees.TooMany:
            form.add_error(None, _("Your list is full. Remove a number first."))
        else:
            messages.success(request, _("%(name)s is on your list.") % {"name": asked["name"]})
            return redirect("payees")
    context = {"form": form, **payee_page.facts(request.user)}
    return render(request, "billing/for_others/payees.html", context, status=422 if form.is_bound else 200)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rename(request: SignedInRequest, payee_id: UUID) -> HttpResponse:
    payee = _payee(request, payee_id)
    form = PayeeNameForm(request.POST or None, instance=payee)
    if request.method == "POST" and form.is_valid():
        payees.rename(payee, name=form.cleaned_data["name"])
        return redirect("payees")
    context = {"form": form, "payee": _payee(request, payee_id)}
    return render(request, "billing/for_others/payee.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def remove(request: SignedInRequest, payee_id: UUID) -> HttpResponse:
    """A second click finds nothing to remove."""
    found = request.user.payees.filter(pk=payee_id).first()
    if found:
        found.delete()
        messages.success(request, _("%(name)s is off your list.") % {"name": found.name})
    return redirect("payees")


@login_required
@never_cache
@require_safe
def top_up(request: SignedInRequest, payee_id: UUID) -> HttpResponse:
    """The page that anybody gets who has typed the number, with the payee's name on it."""
    payee = _payee(request, payee_id)
    try:
        target = targets.of_number(payee.msisdn, name=payee.name)
        targets.check_sold(target, now=clock.now())
    except NotSoldThere:
        messages.error(request, _("We cannot take top-ups for numbers of this country."))
        return redirect("payees")
    return show_what(request, target)
