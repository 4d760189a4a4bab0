"""Asking for a new SIM for a number, taking that back, and the links that say no."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.devices import asked, blocking, mail_proof, new_card, second_factor, swapping, words
from accounts.devices.changing import CannotBeChanged
from accounts.devices.forms import LostSwapForm, SwapForm
from accounts.devices.swapping import SwapWish
from accounts.models import Sim, SwapProof, SwapState
from accounts.requests import SignedInRequest
from provisioning.core.cards import Card
from provisioning.core.protocol import CoreProblem


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required
def swap(request: SignedInRequest, sim_id: UUID) -> HttpResponse:
    """Behind the password; for a lost SIM, behind the second factor where there is one, and a code by e-mail."""
    sim = asked.sim_of(request, sim_id)
    is_lost = blocking.is_reported_lost(sim)
    if is_lost and second_factor.has_one(request.user) and not second_factor.is_fresh(request):
        return redirect(f"{resolve_url('mfa_reauthenticate')}?{urlencode({'next': request.path})}")
    form = (LostSwapForm if is_lost else SwapForm)(request.POST or None)
    if request.method == "POST" and form.is_valid() and _ask(request, sim, form):
        messages.success(request, _("Asked for. It takes over in 24 hours, unless somebody says no."))
        return redirect("devices")
    context = {
        "sim": sim,
        "line": sim.line,
        "form": form,
        "is_lost": is_lost,
        "is_sent": is_lost and mail_proof.is_sent(request, sim),
        "has_factor": second_factor.has_one(request.user),
        "waiting": swapping.waiting_of(sim.line),
    }
    return render(request, "accounts/devices/swap.html", context, status=422 if form.is_bound else 200)


def _ask(request: SignedInRequest, sim: Sim, form: SwapForm) -> bool:
    """False, with words on the form, when it was refused."""
    proof = SwapProof.OLD_SIM
    if isinstance(form, LostSwapForm):
        proof = SwapProof.MAIL_AND_FACTOR if second_factor.has_one(request.user) else SwapProof.MAIL_AND_PASSWORD
        if not _is_code(request, sim, form):
            return False
    try:
        card = _card(request, form) if form.cleaned_data["iccid"] else None
        wish = SwapWish(sim=sim, subscriber=request.user, proof=proof, session=asked.session(request), card=card)
        if not form.errors:
            swapping.ask(wish)
            mail_proof.forget(request)
    except CannotBeChanged as error:
        form.add_error(None, words.refusal(error))
    return not form.errors


def _card(request: SignedInRequest, form: SwapForm) -> Card | None:
    try:
        return new_card.find(form.cleaned_data["iccid"], subscriber=request.user)
    except new_card.NoFreeCard:
        form.add_error(
            "iccid", _("We have no free card with this number. Check it digit by digit, or take another card.")
        )
    except new_card.TriedTooOften:
        form.add_error("iccid", _("You have tried many numbers. Try again in an hour, or call us."))
    except CoreProblem:
        form.add_error("iccid", _("We cannot look this card up just now. Nothing changed; try again in a few minutes."))
    return None


def _is_code(request: SignedInRequest, sim: Sim, form: LostSwapForm) -> bool:
    try:
        mail_proof.check(request, sim, form.cleaned_data["code"])
    except mail_proof.WrongCode as error:
        left = ngettext("One try is left.", "%(count)s tries are left.", error.tries_left)
        more = left % {"count": error.tries_left} if error.tries_left else _("Ask for a new code.")
        form.add_error("code", _("That is not the code.") + " " + more)
        return False
    return True


@login_required
@require_POST
@reauthentication_required
def send_code(request: SignedInRequest, sim_id: UUID) -> HttpResponse:
    """The code that proves the mailbox, where the SIM cannot be asked."""
    sim = asked.sim_of(request, sim_id)
    try:
        mail_proof.send(request, request.user, sim)
        messages.success(request, _("Sent. The code is good for ten minutes."))
    except mail_proof.SentTooOften:
        messages.error(request, _("We have sent many codes to your mailbox. Try again in an hour."))
    except mail_proof.MailChanged:
        messages.error(
            request,
            _(
                "Your e-mail address was changed less than a day ago, so no code goes there yet. Ask again when the day is over, or call us."
            ),
        )
    return redirect("sim_swap", sim_id=sim.pk)


@login_required
@require_POST
def cancel(request: SignedInRequest, swap_id: UUID) -> HttpResponse:
    found = asked.swap_of(request, swap_id)
    try:
        if swapping.cancel(found, request.user):
            messages.success(request, _("Stopped. Your number stays on its present SIM."))
        else:
            messages.error(
                request,
                _("It is too late: the new SIM has taken over. If it was not you, block it here at once and call us."),
            )
    except CannotBeChanged as error:
        messages.error(request, words.refusal(error))
    return redirect("devices")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def veto(request: HttpRequest, token: str) -> HttpResponse:
    """The links in SMS and e-mail: they work without signing in, once, and only a button says no."""
    try:
        link = swapping.swap_of(token)
    except swapping.NoSuchSwap as error:
        raise Http404 from error
    if request.method == "POST":
        is_stopped = link.swap.state == SwapState.WAITING and swapping.veto(link)
        link.swap.refresh_from_db()
        return render(request, "accounts/devices/vetoed.html", {"swap": link.swap, "is_stopped": is_stopped})
    template = "veto.html" if link.swap.state == SwapState.WAITING else "vetoed.html"
    return render(request, f"accounts/devices/{template}", {"swap": link.swap, "line": link.swap.line})
