"""Auto-renew and auto top-up of a line: on, off, and taking back what was paid for the time to come."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Line
from accounts.requests import SignedInRequest
from billing.giving_back.refund_requests import DisputeOpen, NothingLeft
from billing.giving_back.withdrawal import SumChanged, TooLate
from billing.models import AutoRenew
from billing.saved_methods import choosing
from billing.standing import auto_renew, auto_renew_page, auto_top_up, auto_top_up_page
from billing.standing.auto_renew import CannotBeSwitchedOn, RenewWish
from billing.standing.auto_top_up import TopUpWish
from billing.standing.forms import AutoRenewForm, AutoTopUpForm
from lib import clock
from lib.brand import brand
from plans.models import Plan


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    """GET shows how it stands; POST switches it on, or changes how it is paid."""
    line, now = _mine(request, line_id), clock.now()
    ways = choosing.saved(request.user)
    if request.method != "POST":
        chosen = auto_renew_page.initial(line, request.user, now=now, asked=request.GET.get("plan", "")[:50])
        return _renew_page(request, line, AutoRenewForm(initial=chosen, methods=ways))
    form = AutoRenewForm(request.POST, methods=ways)
    if not form.is_valid():
        return _renew_page(request, line, form)
    try:
        auto_renew.switch_on(_renew_wish(request, line, form), now=now)
    except CannotBeSwitchedOn as error:
        form.add_error(None, auto_renew_page.refusal_in_words(error.reason))
        return _renew_page(request, line, form)
    messages.success(request, _("Auto-renew is on."))
    return redirect("auto_renew", line_id=line.pk)


def _renew_wish(request: SignedInRequest, line: Line, form: AutoRenewForm) -> RenewWish:
    return RenewWish(
        line=line,
        subscriber=request.user,
        plan=get_object_or_404(Plan, code=form.plan_code),
        method=form.chosen,
        backup=form.other if form.chosen else None,
        uses_credit=form.cleaned_data["uses_credit"] or form.chosen is None,
        shown_price_minor=form.shown_price_minor,
        consents=_consents("auto-renew"),
    )


def _consents(text: str) -> dict[str, str]:
    """Which text stood above the button, in which version and language, and when it was pressed."""
    return {
        "text": text,
        "text_version": brand().versions[text],
        "language": get_language() or "en",
        "at": clock.now().isoformat(),
    }


def _renew_page(request: SignedInRequest, line: Line, form: AutoRenewForm) -> HttpResponse:
    context = auto_renew_page.facts(line, request.user, form, now=clock.now())
    return render(request, "billing/auto_renew.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def renew_off(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    line = _mine(request, line_id)
    on = AutoRenew.objects.filter(line=line, subscriber=request.user, off_at=None).first()
    paid = on and auto_renew.switch_off(auto_renew=on, by=f"subscriber:{request.user.pk}", now=clock.now())
    if paid:
        messages.info(
            request, _("Auto-renew is off. The next plan period is paid already: keep it, or cancel it below.")
        )
    else:
        messages.success(request, _("Auto-renew is off. What you have paid runs to its end."))
    return redirect("auto_renew", line_id=line.pk)


@login_required
@require_POST
def cancel_next(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    line = _mine(request, line_id)
    last = AutoRenew.objects.filter(line=line, subscriber=request.user).order_by("-on_at", "-pk").first()
    try:
        asked = last and auto_renew.cancel_next(auto_renew=last, by=request.user, now=clock.now())
    except (TooLate, SumChanged, NothingLeft):
        asked = None
    except DisputeOpen:
        messages.error(
            request, _("Your bank is looking into this payment. Until it has decided nothing is given back.")
        )
        return redirect("auto_renew", line_id=line.pk)
    if asked:
        messages.success(request, _("Cancelled. The whole price is on its way back; we write to you when it was sent."))
    else:
        messages.info(
            request, _("There is nothing left to cancel: the plan period has begun, or is cancelled already.")
        )
    return redirect("auto_renew", line_id=line.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def top_up(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    """GET shows how it stands; POST switches it on, or changes it."""
    line, now = _mine(request, line_id), clock.now()
    ways = choosing.saved(request.user)
    if request.method != "POST":
        chosen = auto_top_up_page.initial(line, request.user, now=now)
        return _top_up_page(request, line, AutoTopUpForm(initial=chosen, methods=ways))
    form = AutoTopUpForm(request.POST, methods=ways)
    if not form.is_valid():
        return _top_up_page(request, line, form)
    try:
        auto_top_up.switch_on(_top_up_wish(request, line, form), now=now)
    except CannotBeSwitchedOn as error:
        form.add_error(None, auto_renew_page.refusal_in_words(error.reason))
        return _top_up_page(request, line, form)
    messages.success(request, _("Auto top-up is on."))
    return redirect("auto_top_up", line_id=line.pk)


def _top_up_wish(request: SignedInRequest, line: Line, form: AutoTopUpForm) -> TopUpWish:
    """Without credit alone among the choices, a valid form has a way to pay."""
    method = form.ways[form.cleaned_data["method"]]
    sums = {name: form.cleaned_data[name] for name in ("below_minor", "add_minor", "at_most")}
    return TopUpWish(
        line=line, subscriber=request.user, method=method, backup=form.other, consents=_consents("auto-top-up"), **sums
    )


def _top_up_page(request: SignedInRequest, line: Line, form: AutoTopUpForm) -> HttpResponse:
    context = auto_top_up_page.facts(line, request.user, form, now=clock.now())
    return render(request, "billing/auto_top_up.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def top_up_off(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    line = _mine(request, line_id)
    on = line.autotopups.filter(subscriber=request.user, off_at=None).first()
    if on:
        auto_top_up.switch_off(auto_top_up=on, by=f"subscriber:{request.user.pk}", now=clock.now())
    messages.success(request, _("Auto top-up is off. Your credit stays yours."))
    return redirect("auto_top_up", line_id=line.pk)


def _mine(request: SignedInRequest, line_id: UUID) -> Line:
    return get_object_or_404(request.user.lines, pk=line_id)
