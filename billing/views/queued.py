"""What comes next on a line: seen, cancelled, changed for another plan, and undone."""

import uuid
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Line
from accounts.requests import SignedInRequest
from billing.models import Order, QueueChange, QueueChangeState
from billing.queued import cancelling, carrying_out, changing, limits, page, renewing, review
from billing.queued.cancelling import CancelWish
from billing.queued.changing import SwapWish
from billing.queued.forms import CancelForm, RenewalForm, SwapForm
from billing.queued.limits import CannotBeChanged, Why
from billing.standing import auto_renew, auto_renew_page
from billing.standing.auto_renew import CannotBeSwitchedOn
from lib import clock
from lib.brand import brand
from lib.money import Money
from lib.wording import moment_in_words
from plans.models import Plan

#: What is shown again with the new figures instead of leaving the page.
_LOOK_AGAIN = (Why.SUM, Why.PRICE)


@login_required
@never_cache
@require_safe
def queue(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    line = get_object_or_404(request.user.lines, pk=line_id)
    return render(request, "billing/queued/list.html", page.facts(line, request.user, now=clock.now()))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    """GET shows what goes back and what moves up; POST asks for it, once."""
    order, now = _order(request, order_id), clock.now()
    form = CancelForm(request.POST or None)
    try:
        if request.method == "POST" and form.is_valid():
            wish = CancelWish(
                order=order,
                subscriber=request.user,
                form_token=form.cleaned_data["form_token"],
                shown_minor=form.cleaned_data["shown_minor"],
                to_credit=form.cleaned_data["to"] == "credit",
            )
            return _asked(request, cancelling.cancel(wish, now=now))
        seen = cancelling.look(order, request.user, now=now)
    except CannotBeChanged as error:
        return _refused(request, order, error.why)
    is_mine = order.buyer_id == request.user.pk
    renews = auto_renew.outlook(order.line, now=now) is not None
    context = review.cancel_facts(order, seen, is_mine=is_mine, auto_renew=renews)
    return render(request, "billing/queued/cancel.html", context)


@login_required
@never_cache
@require_safe
def change(request: SignedInRequest, order_id: UUID) -> HttpResponse:
    """The plans that may come instead."""
    order, now = _order(request, order_id), clock.now()
    try:
        period = limits.check_payer(order, request.user, now=now)
    except CannotBeChanged as error:
        return _refused(request, order, error.why)
    back = Money(limits.back_minor(order), order.currency)
    context = review.choose_facts(order, period, back, limits.cut_off(period), now=now)
    return render(request, "billing/queued/change.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_to(request: SignedInRequest, order_id: UUID, code: str) -> HttpResponse:
    """GET shows what comes back, what is to pay and every date; POST asks for it, once."""
    order, now = _order(request, order_id), clock.now()
    plan = get_object_or_404(Plan.objects.select_related("zone"), code=code)
    form = SwapForm(request.POST or None, initial={"form_token": uuid.uuid4()})
    try:
        if request.method == "POST" and form.is_valid():
            return _asked(request, changing.swap(_swap_wish(request, order, plan, form), now=now))
        seen = changing.look(order, request.user, plan, now=now)
    except CannotBeChanged as error:
        if error.why in _LOOK_AGAIN:
            messages.info(request, page.refusal_in_words(error.why))
            return redirect("queue_change_to", order_id=order.pk, code=code)
        return _refused(request, order, error.why)
    return render(request, "billing/queued/change_to.html", review.swap_facts(order, seen, form))


def _swap_wish(request: SignedInRequest, order: Order, plan: Plan, form: SwapForm) -> SwapWish:
    asked = form.cleaned_data
    return SwapWish(
        order=order,
        subscriber=request.user,
        plan=plan,
        form_token=asked["form_token"],
        shown_minor=asked["shown_minor"],
        shown_price_minor=asked["shown_price_minor"],
        to_credit=asked["to"] == "credit",
        consents={
            "start_at_once": asked["consent"],
            "text_version": brand().versions["start-at-once"],
            "at": clock.now().isoformat(),
        },
    )


@login_required
@require_POST
def undo(request: SignedInRequest, change_id: UUID) -> HttpResponse:
    mine = QueueChange.objects.filter(line__in=request.user.lines, subscriber=request.user)
    found = get_object_or_404(mine, pk=change_id)
    try:
        carrying_out.undo(found.pk, order_id=found.order_id, line_id=found.line_id, now=clock.now())
        messages.success(request, _("Undone. Everything is as it was."))
    except CannotBeChanged:
        messages.info(request, _("It is done already and can no longer be undone. The order shows how it stands."))
    return redirect("queue", line_id=found.line_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def renewal(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    """Which plan auto-renew buys next."""
    line, now = get_object_or_404(request.user.lines, pk=line_id), clock.now()
    on = auto_renew.outlook(line, now=now)
    if on is None or not renewing.can_change(on, now=now):
        return redirect("auto_renew", line_id=line.pk)
    form = RenewalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _renewed(request, line, form)
    context = {"place": "home", "line": line, "on": on, "form": form, "plans": review.sold(line, now=now)}
    return render(request, "billing/queued/renewal.html", context)


def _renewed(request: SignedInRequest, line: Line, form: RenewalForm) -> HttpResponse:
    now = clock.now()
    plan = get_object_or_404(Plan, code=form.plan_code)
    consents = {
        "text": "auto-renew",
        "text_version": brand().versions["auto-renew"],
        "language": get_language() or "en",
        "at": now.isoformat(),
    }
    try:
        renewing.change_plan(
            line=line,
            subscriber=request.user,
            plan=plan,
            shown_price_minor=form.shown_price_minor,
            consents=consents,
            now=now,
        )
        messages.success(request, _("From now on %(plan)s renews by itself.") % {"plan": plan.title})
    except CannotBeSwitchedOn as error:
        messages.error(request, auto_renew_page.refusal_in_words(error.reason))
    except CannotBeChanged:
        messages.info(request, _("It is being paid already, so its plan can no longer be changed."))
    return redirect("queue", line_id=line.pk)


@login_required
@require_POST
def undo_renewal(request: SignedInRequest, line_id: UUID) -> HttpResponse:
    line = get_object_or_404(request.user.lines, pk=line_id)
    try:
        on = renewing.undo(line=line, subscriber=request.user, now=clock.now())
        messages.success(request, _("Undone: %(plan)s renews by itself again.") % {"plan": on.plan.title})
    except CannotBeSwitchedOn as error:
        messages.error(request, auto_renew_page.refusal_in_words(error.reason))
    except CannotBeChanged:
        messages.info(request, _("There is nothing left to undo."))
    return redirect("queue", line_id=line.pk)


def _order(request: SignedInRequest, order_id: UUID) -> Order:
    """An order the reader may see, of a line that is theirs now."""
    seen = Order.objects.visible_to(request.user).filter(line__in=request.user.lines)
    return get_object_or_404(seen.select_related("line", "plan").prefetch_related("payments"), pk=order_id)


def _asked(request: SignedInRequest, asked: QueueChange) -> HttpResponse:
    if asked.state == QueueChangeState.WAITING and asked.takes_effect_at:
        words = {"time": moment_in_words(asked.takes_effect_at, now=clock.now())}
        messages.success(request, _("Noted. Nothing has changed yet: until %(time)s you can undo it here.") % words)
    else:
        messages.info(request, _("You have sent this before. This is how it stands."))
    return redirect("queue", line_id=asked.line_id)


def _refused(request: SignedInRequest, order: Order, why: Why) -> HttpResponse:
    messages.error(request, page.refusal_in_words(why))
    return redirect("queue", line_id=order.line_id)
