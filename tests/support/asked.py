"""Tickets as people open them, through the portal's own doors."""

import uuid
from datetime import UTC, datetime
from typing import Any

from accounts.models import Subscriber
from support import asking
from support.asking import Question
from support.authority import Staff
from support.models import Ticket, Topic

#: A Monday, nine in the morning in Berlin: support has been there for an hour.
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SAM = Staff(person_id=0)
PAYLOAD = "<script>alert(1)</script> <img src=x onerror=alert(2)> {{ 7|add:7 }}"


def question(person: Subscriber | None, **more: Any) -> Question:
    asked: dict[str, Any] = {
        "topic": Topic.PAYMENT,
        "title": "My card",
        "text": "It was declined.",
        "form_token": uuid.uuid4(),
        "subscriber": person,
        "email": "" if person else "guest@example.com",
        "language": "en",
        "time_zone": "Europe/Berlin",
        "line": person.lines[0] if person else None,
    }
    return Question(**asked | more)


def ask(person: Subscriber | None, *, now: datetime = NOW, **more: Any) -> Ticket:
    return asking.ask(question(person, **more), now=now)
