"""What a page says of a line that is not simply in use: which state, until when, and what brings it back."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts import line_words
from accounts.models import Line, LineState
from accounts.models.line import ENDED_STATES
from lib.wording import moment_in_words
from plans.life import Life


@dataclass(frozen=True)
class LineNotice:
    """`is_saved_by_paying`: a plan or a top-up would bring the line back."""

    tone: str
    title: str
    text: str
    is_saved_by_paying: bool = False


def of(line: Line, life: Life, *, now: datetime) -> LineNotice | None:
    """None for a line in use whose owner has nothing to show."""
    if line.state in ENDED_STATES:
        return LineNotice(
            "bad",
            _("This number was given up"),
            _("Credit you have paid for stays yours: write to us and we pay it out."),
        )
    if line.state == LineState.BLOCKED:
        return LineNotice("bad", _("This number is blocked"), _("Please ask our support."))
    if not line.is_identified:
        return LineNotice("warn", _("Show who you are"), line_words.identity(line))
    return _asleep(life, now)


def _asleep(life: Life, now: datetime) -> LineNotice | None:
    if not life.is_asleep or life.released_at is None:
        return None
    dates = {"released": moment_in_words(life.released_at, now=now)}
    if life.suspended_at is not None:
        dates["suspended"] = moment_in_words(life.suspended_at, now=now)
        text = _(
            "It makes no calls and sends no texts. Any plan or top-up brings it back at once. Otherwise it is suspended on %(suspended)s, and given up on %(released)s."
        )
        return LineNotice("warn", _("Your number only receives"), text % dates, is_saved_by_paying=True)
    text = _(
        "Nothing works on it now. Any plan or top-up brings it back at once. Otherwise it is given up on %(released)s and somebody else may get it."
    )
    return LineNotice("bad", _("Your number is suspended"), text % dates, is_saved_by_paying=True)
