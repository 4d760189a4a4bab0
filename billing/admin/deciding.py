"""What the desk's pages of money have in common: who decides, and the domain's refusals in words."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from billing import adjustments, authority, review_list
from billing.authority import Authority
from billing.giving_back import refund_requests
from billing.ledger import NotEnoughCredit
from billing.paying.attempts import PageNotOpened
from billing.paying_out import payouts, payouts_at_the_desk
from lib import audit
from lib.admin.acts import Act, ActingAdmin, Refusal

_REFUSALS: tuple[type[Exception], ...] = (
    authority.NotAllowed,
    authority.OwnLine,
    authority.SamePerson,
    adjustments.FormUsed,
    adjustments.MoreThanOwed,
    NotEnoughCredit,
    PageNotOpened,
    payouts.CannotBePaidOut,
    payouts_at_the_desk.CanGoBack,
    payouts_at_the_desk.NobodyToPay,
    refund_requests.CannotBeGivenBack,
    review_list.AlreadyTaken,
    review_list.StillHeld,
)


def authority_of(request: HttpRequest) -> Authority:
    """Whoever asks, as the domain knows them."""
    return authority.of(request.user, address=audit.who(request)["address"])  # type: ignore[arg-type]


class DecidingAdmin(ActingAdmin):
    """Acts whose domain may refuse."""

    def call(self, act: Act, *given: Any) -> str:
        try:
            return super().call(act, *given)
        except _REFUSALS as error:
            raise Refusal(refusal_in_words(error)) from error


def refusal_in_words(error: Exception) -> str:
    """Why it was not done; every one of them leaves everything as it was."""
    nothing = _("Nothing changed.")
    return f"{_words(error)} {nothing}"


def _words(error: Exception) -> str:
    match error:
        case NotEnoughCredit():
            return _("The credit does not cover it.")
        case adjustments.MoreThanOwed():
            return _("The line owes less than that.")
        case payouts.DisputeOpen() | refund_requests.DisputeOpen():
            return _("A dispute is open: the payer’s bank is deciding about this money.")
        case authority.SamePerson() | refund_requests.SecondPersonNeeded():
            return _("This needs a second person, and you are the first.")
    return {
        authority.NotAllowed: _("Your group does not do this."),
        authority.OwnLine: _("This is your own line or order; somebody else has to do it."),
        adjustments.FormUsed: _("This form has been used already. Open it again."),
        PageNotOpened: _("The gateway does not answer. Try again in a minute."),
        payouts.TooLate: _("It does not wait for this any more."),
        payouts_at_the_desk.CanGoBack: _("It can go back by the way it came; only what could not is paid by hand."),
        payouts_at_the_desk.NobodyToPay: _("Nothing is held any more, or the order has no buyer of ours."),
        refund_requests.NothingLeft: _("Nothing of this order is left to give back."),
        refund_requests.MoreThanPaid: _("That is more than was paid and not given back yet."),
        review_list.AlreadyTaken: _("Somebody else looks after it."),
        review_list.StillHeld: _("Money is still held for it: give it back, or pay it out."),
    }.get(type(error), _("It cannot be done now."))
