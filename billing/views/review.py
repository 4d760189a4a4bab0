"""Checking an order before paying, and placing it."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import line_words
from accounts.current_line import current_line
from accounts.models import Line
from accounts.requests import SignedInRequest
from billing import orders
from billing.forms import PlanOrderForm
from billing.ledger import NotEnoughCredit
from billing.models import Method, Order, Start
from billing.order_pages import review_page
from billing.orders import FormUsed, LineNotPayable, OtherCurrency, PlanNotOnSale, PriceChanged, Wish
from billing.paying import credit, method_choices, saved_choice
from billing.queued import changing, page
from billing.queued import review as change_review
from billing.queued.limits import CannotBeChanged
from billing.saved_methods import saving
from billing.vat import NoVatRate
from billing.views.orders import to_payment_page
from billing.views.paying_saved import pay_with
from lib import clock
from lib.brand import brand
from plans.models import Plan
from plans.periods import NeedsRunningPlan


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: SignedInRequest, code: str) -> HttpResponse:
    """GET shows what would be ordered for the current line; POST orders exactly that."""
    plan = get_object_or_404(Plan.objects.select_related("zone"), code=code)
    instead = _instead(request)
    line = instead.line if instead else current_line(request)
    if line is None:
        messages.info(request, _("Add your mobile number first; then you can order a plan for it."))
        return redirect("line_add")
    now = clock.now()
    if refusal := _refusal(plan, line, now=now):
        messages.error(request, refusal)
        return redirect("plan_list")
    ways: dict[str, Any] = {
        "methods": method_choices.values(line.currency),
        "saved": saved_choice.usable(request.user, line.currency),
    }
    if request.method != "POST":
        fresh = {"form_token": uuid.uuid4(), "shown_price_minor": plan.price_minor}
        return _page(request, plan, line, PlanOrderForm(initial=fresh, **ways), now=now)
    form = PlanOrderForm(request.POST, **ways)
    if not form.is_valid():
        form.for_another_try()
        return _page(request, plan, line, form, now=now)
    return _place(request, plan, line, form, now=now)


def _instead(request: SignedInRequest) -> Order | None:
    """The order of a queued plan that goes once this one is paid, if that is what is asked for."""
    try:
        asked = uuid.UUID(request.GET["instead"])
    except (KeyError, ValueError):
        return None
    mine = Order.objects.filter(buyer=request.user, line__in=request.user.lines, plan__isnull=False)
    return get_object_or_404(mine.select_related("line", "plan").prefetch_related("payments"), pk=asked)


def _refusal(plan: Plan, line: Line, *, now: datetime) -> str:
    """Why this plan cannot be ordered for this line at all, in words; empty when it can."""
    if not Plan.objects.on_sale(now).filter(pk=plan.pk).exists():
        return _("This plan is no longer on sale. Choose another one.")
    if plan.currency != line.currency:
        return _("This plan is not sold in the currency of your number.")
    if not line.is_payable:
        return line_words.refusal(line)
    return ""


def _page(request: SignedInRequest, plan: Plan, line: Line, form: PlanOrderForm, *, now: datetime) -> HttpResponse:
    try:
        context = review_page.facts(plan, line, form, now=now, buyer=request.user)
        if instead := _instead(request):
            context |= change_review.instead_facts(instead, changing.look(instead, request.user, plan, now=now))
    except CannotBeChanged as error:
        messages.error(request, page.refusal_in_words(error.why))
        return redirect("queue", line_id=line.pk)
    except NeedsRunningPlan:
        messages.info(request, _("An add-on goes beside a running plan. Choose a plan first."))
        return redirect("plan_list")
    except NoVatRate:
        messages.error(request, _("We cannot sell into the country of your number yet. Please ask our support."))
        return redirect("plan_list")
    return render(request, "billing/review.html", context, status=422 if form.is_bound and form.errors else 200)


def _place(request: SignedInRequest, plan: Plan, line: Line, form: PlanOrderForm, *, now: datetime) -> HttpResponse:
    try:
        wish, instead = _wish(request, plan, line, form, now=now), _instead(request)
        placed = changing.order_instead(wish, instead, now=now) if instead else orders.place(wish, now=now)
    except PriceChanged as error:
        form.add_error(
            None, _("The price is now %(price)s. Look at your order and confirm again.") % {"price": error.price}
        )
        form.replace(shown_price_minor=plan.price_minor)
        return _page(request, plan, line, form, now=now)
    except FormUsed:
        form.add_error(None, _("This page has been an order already. Check what you have chosen and confirm again."))
        form.replace(form_token=uuid.uuid4())
        return _page(request, plan, line, form, now=now)
    except (PlanNotOnSale, OtherCurrency, LineNotPayable, NoVatRate, CannotBeChanged):
        messages.error(request, _("This could not be ordered. Nothing has been charged. Choose a plan again."))
        return redirect("plan_list")
    if placed.method == Method.CREDIT:
        return _pay_by_credit(request, placed, form, plan, now=now)
    if form.saved_method:
        return pay_with(request, placed, form.saved_method)
    return to_payment_page(request, placed)


def _wish(request: SignedInRequest, plan: Plan, line: Line, form: PlanOrderForm, *, now: datetime) -> Wish:
    asked = form.cleaned_data
    return Wish(
        line=line,
        buyer=request.user,
        method=form.order_method,
        form_token=asked["form_token"],
        shown_price_minor=asked["shown_price_minor"],
        plan=plan,
        start=Start(asked["start"] or Start.QUEUE),
        consents={
            **form.consents(version=brand().versions["start-at-once"], at=now.isoformat()),
            **({"keep": saving.consent(language=get_language() or "en", at=now)} if form.keeps else {}),
        },
    )


def _pay_by_credit(
    request: SignedInRequest, placed: Order, form: PlanOrderForm, plan: Plan, *, now: datetime
) -> HttpResponse:
    try:
        credit.pay(placed.pk, line_id=placed.line_id, actor=f"subscriber:{request.user.pk}", now=now)
    except NotEnoughCredit:
        orders.drop(placed, now=now)
        form.add_error(
            "method", _("Your credit is not enough any more. Top up or pay by card; nothing has been taken.")
        )
        form.replace(form_token=uuid.uuid4())
        return _page(request, plan, placed.line, form, now=now)
    except (credit.CannotBeApplied, orders.NotWaiting):
        messages.error(request, _("This could not be ordered now. Nothing has been taken from your credit."))
        return redirect("plan_list")
    return redirect("order", order_id=placed.pk)
