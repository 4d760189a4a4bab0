"""Contexts of pages about messages and about the life of a line."""

from datetime import datetime, timedelta
from types import SimpleNamespace as Like
from typing import Any

from accounts.message_choices import _HEADINGS, Place, Row, Section
from accounts.models import LineState
from notifications import parts, samples
from notifications.kinds import KINDS, Channel
from plans import line_notice
from plans.life import Life

BOUNCED = Like(reason="bounced")
COMPLAINED = Like(reason="complained")


def choices(line: Any, *, trouble: Any = None) -> dict[str, Any]:
    rows = [
        Row(kind, [Place(each, f"{kind.name}.{each}", each in kind.mutable, kind.unasked) for each in kind.channels])
        for kind in KINDS.values()
    ]
    sections = [
        Section(topic, str(heading), [row for row in rows if row.kind.topic == topic])
        for topic, heading in _HEADINGS.items()
    ]
    return {"sections": sections, "line": line, "mail_trouble": trouble}


def example(kind: str, *, now: datetime, language: str = "en") -> dict[str, Any]:
    about = KINDS[kind]
    made = {
        channel: samples.example(about, channel, now=now, language=language, time_zone="Europe/Berlin")
        for channel in about.channels
    }
    mail = made.get(Channel.EMAIL)
    read = parts.read(mail.text) if mail else None
    return {"kind": about, "sms": made.get(Channel.SMS), "mail": mail, "parts": read, "sender": "Refill"}


def turned(*, is_on: bool) -> dict[str, Any]:
    return {"kind": KINDS["expiry_reminder"], "is_on": is_on, "may_go_back": True}


def asleep(now: datetime, state: LineState) -> dict[str, Any]:
    """A line that only receives, or is suspended: the notice, and no plan."""
    day = timedelta(days=1)
    is_grace = state == LineState.GRACE
    life = Life(state, None, now + 12 * day if is_grace else None, now + 72 * day)
    line = Like(state=state, is_identified=True)
    return {"notice": line_notice.of(line, life, now=now), "life": life}  # type: ignore[arg-type]
