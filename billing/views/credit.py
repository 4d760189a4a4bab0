"""A line's credit: every entry that makes it, and topping it up."""

import uuid
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import line_words
from accounts.current_line import current_line
from accounts.models import Line
from accounts.requests import SignedInRequest
from billing import ledger, orders, statement
from billing.forms import TopUpForm
from billing.orders import CannotBeOrdered, FormUsed, Wish
from billing.paid_use import card, switch
from billing.paying import method_choices, saved_choice, transfer_accounts, ways_to_pay
from billing.paying.method_choices import MethodChoice
from billing.standing import words
from billing.views.orders import to_payment_page
from billing.views.paying_saved import pay_with
from lib import clock
from lib.money import Money


@login_required
@require_safe
def credit(request: SignedInRequest) -> HttpResponse:
    line = current_line(request)
    if line is None:
        return redirect("line_add")
    context = statement.facts(line, request.user, page=request.GET.get("page"))
    unused = transfer_accounts.unused_of(request.user)
    auto = words.top_up_of_line(line, now=clock.now())
    context |= {"lines": request.user.lines, "unused": unused, "auto_top_up": auto}
    context["beyond"] = card.facts(line, now=clock.now())
    return render(request, "billing/credit.html", context)


@login_required
@require_POST
def use(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    """Whether use that no allowance covers may be paid from credit: `pay` is yes or no."""
    line, is_on = get_object_or_404(request.user.lines, pk=line_id), request.POST.get("pay") == "yes"
    switch.switch(line.pk, is_on=is_on, now=clock.now())
    if is_on:
        messages.success(request, _("When nothing else covers it, use is paid from your credit again."))
    else:
        messages.success(request, _("Your credit is kept: when an allowance is used up, it stops."))
    return redirect("credit")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def top_up(request: SignedInRequest) -> HttpResponse:
    line = current_line(request)
    if line is None:
        messages.info(request, _("Add your mobile number first; then you can top up its credit."))
        return redirect("line_add")
    ways: dict[str, Any] = {
        "methods": ways_to_pay.at_the_gateway(line.currency),
        "saved": saved_choice.usable(request.user, line.currency),
    }
    if request.method != "POST":
        return _page(request, line, TopUpForm(initial={"form_token": uuid.uuid4()}, **ways))
    form = TopUpForm(request.POST, **ways)
    if not form.is_valid():
        form.for_another_try()
        return _page(request, line, form)
    minor = form.cleaned_data["amount_minor"]
    wish = Wish(
        line=line,
        buyer=request.user,
        method=form.order_method,
        form_token=form.cleaned_data["form_token"],
        shown_price_minor=minor,
        top_up_minor=minor,
    )
    try:
        placed = orders.place(wish, now=clock.now())
    except FormUsed:
        form.add_error(None, _("This page has been an order already. Check what you have chosen and confirm again."))
        form.replace(form_token=uuid.uuid4())
        return _page(request, line, form)
    except CannotBeOrdered:
        usual = _("Nothing can be topped up for this number at the moment. Please ask our support.")
        messages.error(request, line_words.refusal(line) or usual)
        return redirect("dashboard")
    saved = form.saved_method
    return pay_with(request, placed, saved) if saved else to_payment_page(request, placed)


def _page(request: SignedInRequest, line: Line, form: TopUpForm) -> HttpResponse:
    paid, bonus = ledger.credit_of(line)
    chosen = str(form["amount_minor"].value() or settings.CREDIT_TOP_UP_MINOR[1])
    context = {
        "line": line,
        "credit_minor": (paid + bonus).minor,
        "amounts": [{"minor": minor, "is_chosen": str(minor) == chosen} for minor in settings.CREDIT_TOP_UP_MINOR],
        "methods": _methods(request, line, str(form["method"].value() or "")),
        "form": form,
    }
    return render(request, "billing/top_up.html", context, status=422 if form.is_bound else 200)


def _methods(request: SignedInRequest, line: Line, chosen: str) -> list[MethodChoice]:
    rows = method_choices.at_the_gateway(request.user, Money(0, line.currency), chosen=chosen, now=clock.now())
    return saved_choice.before(rows, request.user, line.currency, chosen=chosen)
