"""What carriers' codes mean, as data: whether another try is of use, and what support should read.

SMS: the codes of Twilio's API and of its delivery reports (twilio.com/docs/api/errors); e-mail: replies of SMTP (RFC 5321, RFC 3463).
A code that is not here is tried again as long as the message is of use.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Meaning:
    """`permanent`: trying again is useless. `words` are for support."""

    permanent: bool
    words: str | Promise


def _never(words: str | Promise) -> Meaning:
    return Meaning(permanent=True, words=words)


def _again(words: str | Promise) -> Meaning:
    return Meaning(permanent=False, words=words)


_BAD_NUMBER = _never(_("This is no mobile number, or it is not in use any more."))
_BUSY = _again(_("Too many at once; it is sent again."))
_OURS = _again(_("Our account at the carrier has a problem; operations are told."))

_MEANINGS: dict[str, Meaning] = {
    "21211": _BAD_NUMBER,
    "21214": _BAD_NUMBER,
    "21614": _BAD_NUMBER,
    "21217": _BAD_NUMBER,
    "21408": _never(_("Our account may not send to this country.")),
    "21610": _never(_("The number has told the carrier to stop (STOP); it must send START first.")),
    "21617": _never(_("The text is too long for an SMS.")),
    "20003": _OURS,
    "20429": _BUSY,
    "21611": _BUSY,
    "30001": _BUSY,
    "30002": _OURS,
    "30003": _again(_("The phone was switched off or without signal for too long.")),
    "30004": _never(_("The phone blocks these messages.")),
    "30005": _BAD_NUMBER,
    "30006": _never(_("This is a landline, or its network cannot be reached.")),
    "30007": _never(_("The network took it for spam.")),
    "30008": _again(_("The network does not say why.")),
    "30010": _never(_("It costs more than our account allows.")),
    "400": _never(_("The carrier could not read it.")),
    "401": _OURS,
    "402": _OURS,
    "403": _OURS,
    "404": _OURS,
    "413": _never(_("It is too large.")),
    "429": _BUSY,
    "500": _again(_("The carrier has trouble; it is sent again.")),
    "503": _again(_("The carrier has trouble; it is sent again.")),
    "550": _never(_("There is no such mail box.")),
    "551": _never(_("There is no such mail box.")),
    "552": _never(_("The mail box is full.")),
    "553": _never(_("There is no such mail box.")),
    "554": _never(_("Their mail server does not take it.")),
    "unreachable": _again(_("The carrier could not be reached; it is sent again.")),
    "refused": _never(_("Their mail server does not take it.")),
    "malformed": _never(_("The address cannot be written to.")),
    "bounced": _never(_("There is no such mail box, or it takes no mail any more.")),
    "blocked": _never(_("Their mail server does not take it.")),
    "spam": _never(_("Their mail server took it for spam.")),
    "invalid": _never(_("The address cannot be written to.")),
    "timed_out": _never(_("Their mail server could not be reached for days.")),
    "unsubscribed": _never(_("Its reader has told the mail provider to stop.")),
    "address_fails": _never(_("Nothing is sent to this address: see the addresses not written to.")),
    "withdrawn": _never(_("It was not wanted any more, for instance because the plan was renewed.")),
    "too_late": _never(_("It came too late to be of use.")),
    "muted": _never(_("Its reader does not want this kind.")),
    "worker_lost": _again(_("We stopped while it was being sent: it may or may not have arrived.")),
    "cannot_be_written": _never(_("A mistake of ours; operations are told.")),
}


def meaning(code: str) -> Meaning | None:
    """What is known of a code."""
    return _MEANINGS.get(code)


def is_permanent(code: str, *, otherwise: bool) -> bool:
    """Whether trying again is useless; `otherwise` for a code that nobody has written down."""
    known = _MEANINGS.get(code)
    return known.permanent if known else otherwise


def words(code: str) -> str:
    """For support; a code without words stands for itself."""
    known = _MEANINGS.get(code)
    return str(known.words) if known else code
