"""Why something about a gift cannot be done, and what to do instead."""

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Line, LineState
from lib.wording import data_in_words, moment_in_words
from plans.gifts.refusals import CannotBeGiven, Why, WhyNotBack


def refusal(error: CannotBeGiven, line: Line) -> str:
    """Nothing has changed; the words say what would help."""
    if error.why == Why.LINE:
        return _line(line)
    if error.why == Why.HOLD and error.until:
        until = {"time": moment_in_words(error.until, now=error.until)}
        words = _(
            "Your sign-in was changed. For a day after that nothing can be given away: you can give again %(time)s."
        )
        return words % until
    most = {"most": data_in_words(settings.GIFT_BYTES_A_DAY), "times": settings.GIFTS_A_DAY}
    return {
        Why.NOT_OWNER: _("Only the owner of the number can give its data."),
        Why.OWN_NUMBER: _("This is your own number. Type the number of who gets the data."),
        Why.SOURCE: _("This data cannot be given any more: it has ended, or is on hold. Choose again."),
        Why.AMOUNT: _("So much is not left any more. Choose less."),
        Why.MANY: _("%(times)s gifts a day are the most. You can give again tomorrow.") % most,
        Why.MUCH: _("More than %(most)s a day cannot be given. Choose less, or give the rest tomorrow.") % most,
        Why.NUMBER: _(
            "Data cannot be given to this number now. Check it digit by digit; it must be a number with us that is in use. Nothing has changed."
        ),
        Why.TOO_OFTEN: _("Too many wrong numbers within an hour. Nothing has changed; try again later."),
    }.get(error.why, _("Data cannot be given now. Nothing has changed."))


def _line(line: Line) -> str:
    if line.state in {LineState.STOCK, LineState.GRACE, LineState.SUSPENDED}:
        return _("This number is not in use now, so nothing can be given from it. Any plan or top-up brings it back.")
    return _("Nothing can be given from this number now. Please ask our support.")


def not_back(why: WhyNotBack) -> str:
    """The gift stays as it is."""
    return {
        WhyNotBack.NOT_OWNER: _("Only who gave it can take it back."),
        WhyNotBack.TOO_LATE: _("The ten minutes are over, so the gift stays."),
        WhyNotBack.USED_UP: _("All of it is used already, so there is nothing to take back."),
        WhyNotBack.SOURCE: _("The data it came from has ended or is on hold, so nothing can go back to it."),
    }[why]
