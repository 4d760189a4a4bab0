"""Paying for another's number without signing in: whose, what, check, and the page of what became of it."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.adapter import client_address
from accounts.models import Subscriber
from billing import payer_codes
from billing.for_others import asking, asking_page, following, targets, top_up_page, undo
from billing.for_others.asking import PageNotOpened, Wish
from billing.for_others.forms import ConfirmForm, NumberForm, WhatForm
from billing.for_others.limits import TooManyTopUps
from billing.for_others.targets import NotSoldThere, Target, TargetTooOld
from billing.models import GuestState, GuestTopUp
from billing.receipts import files
from lib import clock
from lib.brand import brand
from lib.money import Money


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def top_up_a_number(request: HttpRequest) -> HttpResponse:
    """Three pages at one address; what was typed travels on in the form, never in an address."""
    if request.method != "POST":
        return _number_page(request, NumberForm())
    if "whom" not in request.POST:
        return _after_number(request, NumberForm(request.POST))
    try:
        target = targets.opened(str(request.POST["whom"]))
    except (TargetTooOld, NotSoldThere):
        messages.info(request, _("This page is too old. Type the number again."))
        return redirect("top_up_a_number")
    return go_on(request, target)


def _number_page(request: HttpRequest, form: NumberForm) -> HttpResponse:
    person = signed_in(request)
    payees = list(person.payees.all()) if person else []
    context = {"form": form, "payees": payees}
    return render(request, "billing/for_others/number.html", context, status=422 if form.is_bound else 200)


def _after_number(request: HttpRequest, form: NumberForm) -> HttpResponse:
    if not form.is_valid():
        return _number_page(request, form)
    try:
        target = targets.of_number(form.cleaned_data["number"])
        targets.check_sold(target, now=clock.now())
    except NotSoldThere:
        form.add_error("number", _("We cannot take top-ups for numbers of this country."))
        return _number_page(request, form)
    return show_what(request, target)


def signed_in(request: HttpRequest) -> Subscriber | None:
    """The subscriber who looks, if it is one."""
    user: Any = request.user
    return user if user.is_authenticated else None


def show_what(request: HttpRequest, target: Target, form: WhatForm | None = None) -> HttpResponse:
    """The page on which a payer chooses."""
    now = clock.now()
    person = signed_in(request)
    form = form or _what_form(target, initial={"email": person.email if person else ""})
    context = asking_page.what_facts(target, form, now=now)
    context["whom"] = targets.sealed(target) if target.msisdn else ""
    return render(
        request, "billing/for_others/what.html", context, status=422 if form.is_bound and form.errors else 200
    )


def _what_form(target: Target, **given: Any) -> WhatForm:
    plans = targets.plans_for(target, now=clock.now())
    return WhatForm(plans=plans, ways=asking_page.ways(target), **given)


def go_on(request: HttpRequest, target: Target) -> HttpResponse:
    """From the choice to checking it, and from there to the payment page; back to the choice when it says so."""
    asked = _what_form(target, data=request.POST)
    if not asked.is_valid() or "change" in request.POST:
        return show_what(request, target, asked)
    if "form_token" not in request.POST:
        fresh = {"form_token": uuid.uuid4(), "shown_price_minor": asked.price_minor}
        return _review(request, target, asked, ConfirmForm(initial=fresh))
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        form.for_another_try()
        return _review(request, target, asked, form)
    if form.cleaned_data["shown_price_minor"] != asked.price_minor:
        price = Money(asked.price_minor, target.currency)
        form.add_error(None, _("The price is now %(price)s. Look at it and confirm again.") % {"price": price})
        form.replace(shown_price_minor=asked.price_minor)
        return _review(request, target, asked, form)
    return _order(request, target, asked, form)


def _review(request: HttpRequest, target: Target, asked: WhatForm, form: ConfirmForm) -> HttpResponse:
    context = asking_page.review_facts(target, asked, form, now=clock.now())
    context["whom"] = targets.sealed(target) if target.msisdn else ""
    refused = form.is_bound and form.errors
    return render(request, "billing/for_others/review.html", context, status=422 if refused else 200)


def _order(request: HttpRequest, target: Target, asked: WhatForm, form: ConfirmForm) -> HttpResponse:
    wish = Wish(
        target=target,
        email=asked.cleaned_data["email"],
        language=get_language() or "en",
        time_zone=timezone.get_current_timezone_name(),
        way=asked.cleaned_data["way"],
        price=Money(asked.price_minor, target.currency),
        plan=asked.plan,
        payer=signed_in(request),
        consents=form.consents(version=brand().versions["start-at-once"], at=clock.now().isoformat()),
        form_token=form.cleaned_data["form_token"],
        address=client_address(request),
    )
    try:
        top_up = asking.ask(wish)
        page = asking.page(top_up, title=asking_page.title_of(target, asked.plan))
    except asking.FormUsed:
        form.add_error(None, _("This page has been used already. Check what you have chosen and confirm again."))
        form.replace(form_token=uuid.uuid4())
        return _review(request, target, asked, form)
    except TooManyTopUps:
        form.add_error(None, _("Too many top-ups from here within an hour. Nothing has been charged; try again later."))
        return _review(request, target, asked, form)
    except PageNotOpened:
        words = _("The payment page did not open. Nothing has been charged. Try again in a minute.")
        form.add_error(None, words)
        return _review(request, target, asked, form)
    return HttpResponse(status=303, headers={"Location": page})


def _found(code: str) -> GuestTopUp:
    rows = GuestTopUp.objects.select_related("link", "plan", "order__line", "order__plan")
    return get_object_or_404(rows, code_hash=payer_codes.hash_of(code[:64]))


def _private(response: HttpResponse) -> HttpResponse:
    """Its address is a secret: no search engine learns it, and no other site does (the portal's Referrer-Policy, same-origin)."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@never_cache
@require_safe
def top_up(request: HttpRequest, code: str) -> HttpResponse:
    """What became of it; looking makes us ask the gateway, at most every 5 s."""
    found = _found(code)
    if following.look(found, now=clock.now()):
        found = _found(code)
    facts = top_up_page.facts(found, code=code, now=clock.now())
    return _private(render(request, "billing/for_others/top_up.html", facts))


@never_cache
@require_safe
def steps(request: HttpRequest, code: str) -> HttpResponse:
    """The live part alone, which only reads; each look says when to look next."""
    look = request.GET.get("look", "")
    count = min(int(look), 99) if look.isascii() and look.isdigit() and len(look) < 4 else 99
    facts = top_up_page.facts(_found(code), code=code, now=clock.now(), look=count)
    return _private(render(request, "billing/for_others/_steps.html", facts))


@never_cache
@require_POST
def pay(_request: HttpRequest, code: str) -> HttpResponse:
    """To the payment page that is open for it."""
    found = _found(code)
    if found.state == GuestState.OPEN and found.page_url:
        return HttpResponse(status=303, headers={"Location": found.page_url})
    return redirect("top_up_for_other", code=code)


@never_cache
@require_POST
def take_back(request: HttpRequest, code: str) -> HttpResponse:
    found = _found(code)
    try:
        undo.undo(found, now=clock.now())
    except undo.CannotBeUndone:
        messages.error(request, _("This can no longer be taken back."))
    else:
        messages.success(request, _("Taken back. The money is on its way to you."))
    return redirect("top_up_for_other", code=code)


@never_cache
@require_safe
def receipt(request: HttpRequest, code: str, receipt_id: UUID) -> HttpResponse:
    """Its receipt or credit note; while it is being drawn, the page says so."""
    found = _found(code)
    if found.order is None:
        raise Http404
    kept = get_object_or_404(found.order.receipts, pk=receipt_id)
    if kept.drawn_at is None:
        messages.info(request, _("The receipt is being drawn. Try again in a minute; it also comes by e-mail."))
        return redirect("top_up_for_other", code=code)
    return _private(files.answer(kept))
