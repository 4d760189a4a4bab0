"""What is in the way of a change, in words that say what to do."""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.devices import blocking, changing, esim, number_lock, porting, removing, swapping
from accounts.devices.changing import CannotBeChanged

__all__ = ["refusal"]


def refusal(error: CannotBeChanged) -> str:
    """One or two sentences."""
    match error:
        case esim.TooMany():
            return limit()
        case blocking.ReplacedSoon():
            return _("A new SIM is about to take its place. Stop that first, then unblock this one.")
        case swapping.SwapWaiting():
            return _("A new SIM is on its way already. Stop that one first.")
        case porting.SignInChanged():
            return _(
                "How you sign in was changed less than a day ago. Until the day is over there is no code, and the number stays where it is."
            )
        case porting.SwapIsWaiting():
            return _("A new SIM is on its way. Until that is decided, the number stays where it is.")
    return _words().get(type(error), _("This cannot be done any more; nothing changed."))


def _words() -> dict[type[CannotBeChanged], str]:
    return {
        esim.TooOften: _(
            "So many eSIMs were ordered for this number lately that we want to talk to you. Please call us."
        ),
        esim.NoCardKnown: _("We do not know the SIM of this number. Please call us, so that yours goes on working."),
        swapping.AskedTooOften: _("That was asked for many times today. Try again tomorrow, or call us."),
        number_lock.OpenedTooOften: _("That was asked for many times today. Try again tomorrow, or call us."),
        swapping.CardTaken: _("This card is in use already. Check its number, or take another card."),
        swapping.NotTheOneWithTexts: _("This SIM gets no texts. Take it out, and order another eSIM instead."),
        swapping.ProofMissing: _("The SIM was blocked meanwhile. Open the page again: a code by e-mail is needed now."),
        removing.GetsTexts: _("Texts to your number arrive on this SIM. Get a new SIM for the number instead."),
        porting.Locked: _("The number lock is closed. Open it first."),
        changing.TakenOut: _("This SIM is not in the line any more."),
        changing.LineEnded: _("The number is not with us any more."),
    }


def limit() -> str:
    """How many SIMs one number may have."""
    most = settings.SIMS_PER_LINE
    words = ngettext(
        "This number has as many SIMs as it may: %(count)s. Take one out first.",
        "This number has as many SIMs as it may: %(count)s. Take one out first.",
        most,
    )
    return words % {"count": most}


def lock_wait() -> int:
    """Hours until a lock opens for who has no second factor."""
    return int(number_lock.WAIT.total_seconds() // 3600)
