"""Staff ask the gateway what became of a payment, refund or dispute ("check again"), by the same way as webhook, page and sweep."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import fulfilment
from billing.admin.deciding import DecidingAdmin
from billing.authority import CHECK_AGAIN
from billing.gateways.protocol import GatewayProblem, Refused
from billing.giving_back import disputes, refunds
from billing.models import Dispute, Order, OrderState, Payment, PaymentState, Refund
from lib import audit, clock
from lib.admin.acts import Act, Refusal

CHECK = Act(name="check-again", words=gettext_lazy("Check again"), right=CHECK_AGAIN)
#: What the gateway can be asked about.
Asked = Payment | Refund | Dispute


class CheckAgainAdmin(DecidingAdmin):
    """An object page with the button; `asked_about` says whom to ask about."""

    acts = [CHECK]

    def asked_about(self, row: Any) -> Iterable[Asked]:
        """What of `row` the gateway is asked about."""
        raise NotImplementedError

    def offers(self, request: HttpRequest, row: Any) -> Mapping[str, str]:
        return {CHECK.name: ""}

    def do_check_again(self, request: HttpRequest, row: Any) -> str:
        audit.done(request, "checked_again", subject=self.subject_of(row), line_id=self.line_id_of(row))
        return ask_again(self.asked_about(row))


def all_of(order: Order) -> list[Asked]:
    """Everything about an order that the gateway knows of."""
    payments = [payment for payment in order.payments.select_related("order") if payment.gateway_id]
    back = Refund.objects.filter(payment__order=order).select_related("payment__order")
    return [*payments, *back, *Dispute.objects.filter(payment__order=order)]


def ask_again(about: Iterable[Asked]) -> str:
    """Ask the gateway about each; what it says, in words. Raises Refusal when it says nothing about one of them."""
    answers = [_answer(row) for row in about]
    if not answers:
        return _("There is no payment page to ask about; nothing changed.")
    words = " ".join(words for _is_good, words in answers)
    if all(is_good for is_good, _words in answers):
        return words
    raise Refusal(words)


def _answer(row: Asked) -> tuple[bool, str]:
    try:
        return True, _("The gateway says: %(answer)s") % {"answer": _asked(row)}
    except Refused as refusal:
        words = _("The gateway knows nothing of it (%(code)s); nothing changed.")
        return False, words % {"code": refusal.code}
    except GatewayProblem:
        return False, _("The gateway did not answer; nothing changed. Try again in a minute.")


def _asked(row: Asked) -> str:
    """Ask, settle what it says, and how it stands now. Raises GatewayProblem."""
    now = clock.now()
    match row:
        case Payment():
            after = fulfilment.fulfil(row.pk, now=now)
            return f"{after.get_state_display()}. {_outcome(after, was=row.state)}"
        case Refund():
            refunds.follow(row.pk, now=now)
            return f"{Refund.objects.get(pk=row.pk).get_state_display()}."
        case Dispute():
            disputes.follow(row.gateway_id, now=now)
            return f"{Dispute.objects.get(pk=row.pk).get_state_display()}."


def _outcome(payment: Payment, *, was: str) -> str:
    if payment.state == was:
        return _("Nothing new.")
    if payment.state != PaymentState.SUCCEEDED:
        return _("Noted.")
    if payment.order.state == OrderState.APPLIED:
        return _("Applied.")
    return _("Held: the order needs a decision.") if payment.order.state == OrderState.REVIEW else _("Booked.")
