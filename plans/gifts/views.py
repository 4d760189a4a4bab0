"""Giving data to another number: choose, check, give, and the gift with its way back. What is not the reader's is a 404."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.adapter import client_address
from accounts.current_line import current_line
from accounts.models import Line
from accounts.requests import SignedInRequest
from lib import clock
from plans.gifts import giving, listing, page, undoing, words
from plans.gifts.forms import ConfirmForm, GiftForm
from plans.gifts.giving import GiftWish
from plans.gifts.refusals import CannotBeGiven, CannotBeUndone, Why
from plans.models import AllowanceGift

#: About the number, so that it is told beside its field.
_OF_THE_NUMBER = {Why.NUMBER, Why.OWN_NUMBER, Why.TOO_OFTEN}


@login_required
@require_safe
def of_current_line(request: SignedInRequest) -> HttpResponse:
    line = current_line(request)
    return redirect("line_gifts", line_id=line.pk) if line else redirect("line_add")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def of_line(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    """Choosing and checking at one address: what was typed travels on in the form, never in an address."""
    line = get_object_or_404(request.user.lines, pk=line_id)
    if request.method != "POST":
        return _choose(request, line, page.form_for(line, now=clock.now()))
    if "form_token" in request.POST and (known := _given_before(request, line)):
        return redirect("gift", gift_id=known.pk)
    asked = page.form_for(line, now=clock.now(), data=request.POST)
    if not asked.is_valid() or "change" in request.POST:
        return _choose(request, line, asked)
    if "form_token" not in request.POST:
        return _check(request, line, asked, ConfirmForm.fresh())
    form = ConfirmForm(request.POST)
    return _give(request, line, asked, form) if form.is_valid() else _too_old(request, line, asked, form)


def _given_before(request: SignedInRequest, line: Line) -> AllowanceGift | None:
    """What this very form has become already: a second click, or a page that was reloaded."""
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return None
    return listing.given_by(request.user).filter(from_line=line, form_token=form.cleaned_data["form_token"]).first()


def _give(request: SignedInRequest, line: Line, asked: GiftForm, form: ConfirmForm) -> HttpResponse:
    wish = GiftWish(
        line=line,
        giver=request.user,
        msisdn=asked.cleaned_data["number"],
        source_id=asked.cleaned_data["source"],
        amount_bytes=asked.cleaned_data["amount"],
        form_token=form.cleaned_data["form_token"],
        address=client_address(request),
    )
    try:
        gift = giving.give(wish, now=clock.now())
    except CannotBeGiven as refusal:
        field = "number" if refusal.why in _OF_THE_NUMBER else None
        asked.add_error(field, words.refusal(refusal, line))
        return _choose(request, line, asked, status=429 if refusal.why == Why.TOO_OFTEN else 422)
    messages.success(request, _("Given. Both of you get a message."))
    return redirect("gift", gift_id=gift.pk)


def _choose(request: SignedInRequest, line: Line, form: GiftForm, *, status: int = 422) -> HttpResponse:
    """422 where the form was sent and refused; somebody who goes back to change something sees what they had typed."""
    number = request.GET.get("page", "")
    context = page.choose(line, request.user, form, number=number, now=clock.now())
    is_refused = form.is_bound and bool(form.errors)
    return render(request, "plans/gifts/choose.html", context, status=status if is_refused else 200)


def _check(request: SignedInRequest, line: Line, asked: GiftForm, form: ConfirmForm) -> HttpResponse:
    return render(request, "plans/gifts/check.html", page.check(line, asked, form))


def _too_old(request: SignedInRequest, line: Line, asked: GiftForm, form: ConfirmForm) -> HttpResponse:
    """With a token that is one."""
    context = page.check(line, asked, ConfirmForm.fresh()) | {"errors": form.errors["form_token"]}
    return render(request, "plans/gifts/check.html", context, status=422)


@login_required
@never_cache
@require_safe
def gift(request: SignedInRequest, gift_id: UUID) -> HttpResponse:
    found = get_object_or_404(listing.given_by(request.user), pk=gift_id)
    return render(request, "plans/gifts/gift.html", page.of_gift(found, now=clock.now()))


@login_required
@require_POST
def undo(request: SignedInRequest, gift_id: UUID) -> HttpResponse:
    found = get_object_or_404(listing.given_by(request.user), pk=gift_id)
    try:
        undoing.undo(found.pk, request.user, now=clock.now())
    except CannotBeUndone as refusal:
        messages.error(request, words.not_back(refusal.why))
    else:
        messages.success(request, _("Taken back. What was not used is yours again."))
    return redirect("gift", gift_id=found.pk)
