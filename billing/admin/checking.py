"""Staff ask the gateway what became of a payment ("check again"), by the same way as webhook, return page and sweep."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from billing import fulfilment
from billing.authority import CHECK_AGAIN
from billing.gateways.protocol import GatewayProblem, Refused
from billing.models import OrderState, Payment, PaymentState
from lib import clock
from lib.admin.reading import ReadOnlyAdmin
from lib.admin.showing import page_of


class CheckAgainAdmin(ReadOnlyAdmin):
    """An object page with the button; `payments_of` says whom to ask about."""

    change_form_template = "admin/billing/check_again.html"

    def payments_of(self, row: Any) -> Iterable[Payment]:
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.check_view))
        return [
            path("<uuid:row_id>/check-again/", view, name=f"billing_{self.opts.model_name}_check"),
            *super().get_urls(),
        ]

    def check_view(self, request: HttpRequest, row_id: object) -> HttpResponse:
        if not request.user.has_perm(CHECK_AGAIN):
            raise PermissionDenied
        row = get_object_or_404(self.model, pk=row_id)
        if not self.has_view_permission(request, row):
            raise Http404
        asked = [check(payment) for payment in self.payments_of(row) if payment.session_id]
        for level, words in asked or [(messages.INFO, _("There is no payment page to ask about; nothing changed."))]:
            messages.add_message(request, level, words)
        self.log_change(request, row, gettext_noop("Asked the gateway again."))
        return HttpResponseRedirect(page_of(row) or "..")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["may_check"] = request.user.has_perm(CHECK_AGAIN)
        return super().render_change_form(request, context, *args, **kwargs)


def check(payment: Payment) -> tuple[int, str]:
    """Ask the gateway and settle what it says; the level and the words of what came of it."""
    before = payment.state
    try:
        after = fulfilment.fulfil(payment.pk, now=clock.now())
    except Refused as refusal:
        return messages.ERROR, _("The gateway knows nothing of it (%(code)s); nothing changed.") % {
            "code": refusal.code
        }
    except GatewayProblem:
        return messages.WARNING, _("The gateway did not answer; nothing changed. Try again in a minute.")
    return messages.SUCCESS, _("The gateway says: %(state)s. %(outcome)s") % {
        "state": after.get_state_display(),
        "outcome": _outcome(after, was=before),
    }


def _outcome(payment: Payment, *, was: str) -> str:
    if payment.state == was:
        return _("Nothing new.")
    if payment.state != PaymentState.SUCCEEDED:
        return _("Noted.")
    if payment.order.state == OrderState.APPLIED:
        return _("Applied.")
    return _("Held: the order needs a decision.") if payment.order.state == OrderState.REVIEW else _("Booked.")
