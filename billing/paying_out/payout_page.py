"""What the page of a pay-out says: the sum and what it leaves, how an asked one stands, and why one cannot be asked for."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Line, Subscriber
from billing import ledger
from billing.models import Payout, PayoutState
from billing.paying_out import payouts
from billing.paying_out.payout_form import PayoutForm
from billing.paying_out.payouts import CannotBePaidOut, DisputeOpen, NothingLeft, TooLate, TooSoon
from lib.wording import moment_in_words

_LATEST = 5


def facts(line: Line, reader: Subscriber, form: PayoutForm, *, now: datetime) -> dict[str, Any]:
    """The context of the page."""
    paid, bonus = ledger.credit_of(line)
    found = Payout.objects.filter(line=line, subscriber=reader)
    return {
        "line": line,
        "form": form,
        "payable_minor": payouts.payable(line).minor,
        "paid_minor": paid.minor,
        "bonus_minor": bonus.minor,
        "owed_minor": ledger.owed_by(line).minor,
        "refusal": _refusal(line, reader, now=now),
        "payout": payouts.open_payout(line),
        "former": [
            {"payout": ended, "words": _ended_words(ended)}
            for ended in found.exclude(ended_at=None).order_by("-ended_at")[:_LATEST]
        ],
    }


def _refusal(line: Line, reader: Subscriber, *, now: datetime) -> str:
    try:
        payouts.check(line, reader, now=now)
    except CannotBePaidOut as error:
        return refusal_in_words(error)
    return "" if payouts.payable(line).minor else refusal_in_words(NothingLeft())


def refusal_in_words(error: CannotBePaidOut) -> str:
    """Why not, and what to do."""
    match error:
        case NothingLeft():
            return _("There is no credit to pay out. Bonus credit and what the number owes are not paid out.")
        case TooSoon():
            words = _(
                "Your number, e-mail, password or SIM has just changed, or is about to. To keep your credit safe, you can ask from %(moment)s on."
            )
            return words % {"moment": moment_in_words(error.until)}
        case DisputeOpen():
            return _("A bank is asking for money of this number back. Until that is decided, nothing can be paid out.")
        case TooLate():
            return _("It is approved already and cannot be taken back any more.")
    return _("Only the owner of a number can have its credit paid out.")


def _ended_words(payout: Payout) -> str:
    sum_words = {"account": payout.bank_hint}
    return {
        PayoutState.SENT: _("Sent to %(account)s") % sum_words,
        PayoutState.REFUSED: _("Not paid out: %(reason)s") % {"reason": payout.reason},
    }.get(PayoutState(payout.state), _("You took it back"))
