"""Saved ways to pay: the list, saving one, and what is done with each."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current_line import current_line
from accounts.requests import SignedInRequest
from billing.models import PAGE_METHODS, PaymentMethod, SavedState, SavedWay, SavingPage
from billing.paying import ways_to_pay
from billing.saved_methods import choosing, page, saving
from billing.saved_methods.choosing import NotSaved
from billing.saved_methods.save_form import SaveForm
from billing.saved_methods.saving import PageNotOpened
from lib import clock


@login_required
@never_cache
@require_safe
def listed(request: SignedInRequest) -> HttpResponse:
    return render(request, "billing/ways_to_pay.html", page.facts(request.user, now=clock.now()))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def save(request: SignedInRequest) -> HttpResponse:
    """GET says what saving means; POST goes on to the gateway's page for it."""
    line = current_line(request)
    if line is None:
        messages.info(request, _("Add your mobile number first; then you can save a way to pay."))
        return redirect("line_add")
    ways = [method.value for method in ways_to_pay.at_the_gateway(line.currency) if method in PAGE_METHODS]
    if request.method != "POST":
        initial = {"next": _ours(request.GET.get("next", "")), "way": next(iter(ways), "")}
        return _save_page(request, SaveForm(initial=initial, ways=ways), ways)
    form = SaveForm(request.POST, ways=ways)
    if not form.is_valid():
        return _save_page(request, form, ways)
    try:
        address = saving.start(
            request.user,
            way=SavedWay(form.cleaned_data["way"]),
            consent=saving.consent(language=get_language() or "en", at=clock.now()),
            goes_on=_ours(form.cleaned_data["next"]),
            currency=line.currency,
            language=request.user.language,
        )
    except PageNotOpened:
        form.add_error(
            None, _("The payment provider does not answer. Nothing has been saved or charged. Try again in a minute.")
        )
        return _save_page(request, form, ways)
    return redirect(address)


def _save_page(request: SignedInRequest, form: SaveForm, ways: list[str]) -> HttpResponse:
    chosen = str(form["way"].value() or next(iter(ways), ""))
    context = {
        "form": form,
        "ways": [{"value": way, "label": SavedWay(way).label, "is_chosen": way == chosen} for way in ways],
    }
    return render(request, "billing/way_to_pay_save.html", context, status=422 if form.is_bound else 200)


def _ours(path: str) -> str:
    """`path` if it is one of the portal's own pages, else nothing."""
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours and len(path) <= 200 else ""


@login_required
@never_cache
@require_safe
def saved(request: SignedInRequest, page_id: UUID) -> HttpResponse:
    """Back from the gateway's page, with something saved or not; goes on to where its reader came from."""
    found = get_object_or_404(SavingPage, pk=page_id, subscriber=request.user)
    has_answer = saving.try_finish(found.pk, now=clock.now())
    found = SavingPage.objects.select_related("method").get(pk=found.pk)
    if found.method:
        messages.success(request, _("%(label)s is saved.") % {"label": found.method.label})
    elif has_answer:
        messages.info(request, _("Nothing was saved."))
    else:
        messages.info(
            request, _("The payment provider does not answer yet. What you have saved appears here within minutes.")
        )
    return redirect(found.goes_on or "ways_to_pay")


@login_required
@require_POST
def use_first(request: SignedInRequest, method_id: UUID) -> HttpResponse:
    found = _mine(request, method_id)
    try:
        choosing.use_first(found.pk, subscriber=request.user)
        messages.success(request, _("%(label)s is used first from now on.") % {"label": found.label})
    except NotSaved:
        messages.error(request, _("%(label)s can no longer be used to pay.") % {"label": found.label})
    return redirect("ways_to_pay")


@login_required
@require_POST
def use_when_it_fails(request: SignedInRequest, method_id: UUID) -> HttpResponse:
    found = _mine(request, method_id)
    try:
        choosing.use_when_it_fails(found.pk, subscriber=request.user)
        messages.success(request, _("%(label)s is offered when the first one fails.") % {"label": found.label})
    except NotSaved:
        messages.error(request, _("%(label)s cannot be used for that.") % {"label": found.label})
    return redirect("ways_to_pay")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: SignedInRequest, method_id: UUID) -> HttpResponse:
    """GET says what would stop; POST removes it. A second click finds it removed."""
    found = _mine(request, method_id)
    if found.state == SavedState.REMOVED:
        return redirect("ways_to_pay")
    if request.method != "POST":
        return render(request, "billing/way_to_pay_remove.html", page.removal_facts(found))
    choosing.remove(found.pk, subscriber=request.user, now=clock.now())
    messages.success(request, _("%(label)s is removed. Nothing is taken with it any more.") % {"label": found.label})
    return redirect("ways_to_pay")


def _mine(request: SignedInRequest, method_id: UUID) -> PaymentMethod:
    return get_object_or_404(request.user.payment_methods, pk=method_id)
