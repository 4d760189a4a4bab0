"""Why nothing can be bought for a line now, and what its owner can do about it."""

from django.utils.translation import gettext as _

from accounts.models import IdentityCheck, Line, LineState
from accounts.models.line import ENDED_STATES
from lib.brand import brand


def refusal(line: Line) -> str:
    """In the reader's language; empty for a line that may be bought for."""
    if line.state in ENDED_STATES:
        return _("This number is not with us any more, so nothing can be bought for it.")
    if line.state == LineState.BLOCKED:
        return _("This number is blocked. Please ask our support.")
    return identity(line)


def identity(line: Line) -> str:
    """What is missing of its owner's proof of who they are; empty when nothing is."""
    if line.is_identified:
        return ""
    if line.identity == IdentityCheck.PENDING:
        return _("We are checking who you are. As soon as that is done, you can buy for this number.")
    asks = _("Before anything can be bought for this number, the law wants its owner to show who they are.")
    return f"{asks} {brand().where_to_identify}".strip()
