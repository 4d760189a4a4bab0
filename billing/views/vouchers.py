"""Redeeming a voucher: the code, then what it is worth, then the order.

The code is read once. Between the steps the session keeps which voucher was shown, for a quarter of an hour; no address and no
page holds the code.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import line_words
from accounts.adapter import client_address
from accounts.current_line import current_line
from accounts.models import Line
from accounts.requests import SignedInRequest
from billing.by_voucher import voucher_page, vouchers
from billing.by_voucher.voucher_forms import REFUSED, RedeemForm, VoucherCodeForm
from billing.by_voucher.vouchers import NeedsPlan, Redemption, VoucherRefused
from billing.models import Method, Order, Start, Voucher
from billing.orders import LineNotPayable
from billing.vat import NoVatRate
from lib import clock
from lib.brand import brand
from lib.guessing import TooManyTries
from plans.periods import NeedsRunningPlan

_KEY = "voucher"
_VALID_SECONDS = 15 * 60


@dataclass(frozen=True)
class _Shown:
    """The voucher whose code this session has shown, and the token of its one confirmation."""

    voucher_id: UUID
    form_token: UUID


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def voucher(request: SignedInRequest) -> HttpResponse:
    """Type the code. What cannot be redeemed gets one and the same answer."""
    line = current_line(request)
    if line is None:
        messages.info(request, _("Add your mobile number first; then you can redeem a voucher for it."))
        return redirect("line_add")
    if not line.is_payable:
        return _not_for_this_number(request, line)
    form = VoucherCodeForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _code_page(request, line, form)
    try:
        found = vouchers.look_up(
            form.cleaned_data["code"],
            line=line,
            buyer=request.user,
            address=client_address(request),
            now=clock.now(),
        )
    except TooManyTries:
        return _code_page(request, line, VoucherCodeForm(), is_too_often=True)
    except VoucherRefused:
        form.add_error("code", REFUSED)
        return _code_page(request, line, form)
    _remember(request, found)
    return redirect("voucher_check")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: SignedInRequest) -> HttpResponse:
    """GET shows what the voucher would do for the current line; POST does exactly that."""
    form = RedeemForm(request.POST if request.method == "POST" else None)
    if done := _done_before(request, form):
        return redirect("order", order_id=done.pk)
    line, shown = current_line(request), _remembered(request)
    if line is None or shown is None:
        messages.info(request, _("Enter the code of your voucher."))
        return redirect("voucher")
    try:
        return _checked(request, line, form, shown, now=clock.now())
    except (VoucherRefused, NeedsPlan, NeedsRunningPlan, NoVatRate, LineNotPayable) as refusal:
        return _refused(request, refusal, line)


def _checked(request: SignedInRequest, line: Line, form: RedeemForm, shown: _Shown, *, now: datetime) -> HttpResponse:
    found = vouchers.shown(shown.voucher_id, line=line, now=now)
    if not form.is_bound:
        form = RedeemForm(initial={"form_token": shown.form_token, "line": line.pk})
        return _check_page(request, found, line, form, now=now)
    if not form.is_for(line.pk, form_token=shown.form_token):
        form.add_error(None, _("Something has changed since this page was shown. Check it and confirm again."))
        form.show_again(line.pk, form_token=shown.form_token)
        return _check_page(request, found, line, form, now=now)
    order = vouchers.redeem(_wish(request, found, line, form, now=now), now=now)
    request.session.pop(_KEY, None)
    return redirect("order", order_id=order.pk)


def _wish(request: SignedInRequest, found: Voucher, line: Line, form: RedeemForm, *, now: datetime) -> Redemption:
    asked = form.cleaned_data
    return Redemption(
        voucher_id=found.pk,
        line=line,
        buyer=request.user,
        form_token=asked["form_token"],
        start=Start(asked["start"] or Start.QUEUE),
        consents=form.consents(version=brand().versions["start-at-once"], at=now.isoformat()),
    )


def _refused(request: SignedInRequest, refusal: Exception, line: Line) -> HttpResponse:
    """Nothing was spent; why, and where to go on."""
    if isinstance(refusal, LineNotPayable):
        return _not_for_this_number(request, line)
    if isinstance(refusal, NeedsPlan | NeedsRunningPlan):
        words = _(
            "This voucher is an add-on, which goes beside a running plan. Choose a plan first; your voucher is not used up."
        )
        messages.info(request, words)
        return redirect("plan_list")
    if isinstance(refusal, NoVatRate):
        words = _("This voucher cannot be used in the country of your number yet. Please ask our support.")
        messages.error(request, words)
    else:
        messages.error(request, REFUSED)
    return redirect("voucher")


def _code_page(
    request: SignedInRequest, line: Line, form: VoucherCodeForm, *, is_too_often: bool = False
) -> HttpResponse:
    context = {"form": form, "line": line, "lines": request.user.lines, "is_too_often": is_too_often}
    refused = 429 if is_too_often else 422
    return render(request, "billing/voucher.html", context, status=refused if request.method == "POST" else 200)


def _check_page(
    request: SignedInRequest, found: Voucher, line: Line, form: RedeemForm, *, now: datetime
) -> HttpResponse:
    context = voucher_page.facts(found, line, form, now=now)
    return render(request, "billing/voucher_check.html", context, status=422 if form.is_bound else 200)


def _not_for_this_number(request: SignedInRequest, line: Line) -> HttpResponse:
    messages.error(request, f"{line_words.refusal(line)} {_('Your voucher is not used up.')}")
    return redirect("dashboard")


def _remember(request: SignedInRequest, found: Voucher) -> None:
    until = clock.real_now().timestamp() + _VALID_SECONDS
    request.session[_KEY] = {"id": str(found.pk), "form_token": str(uuid.uuid4()), "until": until}


def _remembered(request: SignedInRequest) -> _Shown | None:
    kept = request.session.get(_KEY)
    if not kept or kept["until"] < clock.real_now().timestamp():
        return None
    return _Shown(UUID(kept["id"]), UUID(kept["form_token"]))


def _done_before(request: SignedInRequest, form: RedeemForm) -> Order | None:
    """The order this very form has become already: a second click, or a page that was reloaded."""
    if not form.is_valid():
        return None
    token = form.cleaned_data["form_token"]
    return Order.objects.filter(form_token=token, buyer=request.user, method=Method.VOUCHER).first()
