"""Which of their lines a subscriber is looking at."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from accounts import mail_trouble
from accounts.models import Line, Subscriber

_KEY = "line"


def current_line(request: HttpRequest, **columns: Any) -> Line | None:
    """The line chosen in this session if it is still theirs, else their first; None for nobody and for people without a line.
    `columns` as in `lines_of`.
    """
    lines = lines_of(request, **columns)
    chosen = request.session.get(_KEY)
    return next((line for line in lines if str(line.pk) == chosen), lines[0] if lines else None)


def lines_of(request: HttpRequest, **columns: Any) -> list[Line]:
    """The reader's lines, read once a request; with them whether mails to the reader come back (`mails_fail`), and whatever columns who
    asks first would like beside.
    """
    if not isinstance(request.user, Subscriber):
        return []
    found: list[Line] | None = getattr(request, "_lines", None)
    if found is None:
        found = list(request.user.lines.annotate(mails_fail=mail_trouble.exists(request.user), **columns))
        request._lines = found  # type: ignore[attr-defined]  # noqa: SLF001  kept with the request it belongs to
    return found


def choose(request: HttpRequest, line_id: UUID) -> bool:
    """Look at another of one's lines from now on. False, and nothing changes, for a line that is not theirs."""
    if not any(line.pk == line_id for line in lines_of(request)):
        return False
    request.session[_KEY] = str(line_id)
    return True
