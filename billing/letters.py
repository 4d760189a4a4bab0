"""E-mails about a line's credit; what is about an order is in `billing.telling`."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import Line, Subscriber
from notifications import outbox
from notifications.outbox import Outgoing, Recipient


def write(person: Subscriber, kind: str, context: Mapping[str, Any], *, line: Line, subject: str, event: str) -> None:
    """One e-mail to `person`, in the caller's transaction; `subject` and `event` make it once."""
    common = {"msisdn": line.msisdn, "url": settings.PORTAL_ORIGIN + reverse("credit")}
    outbox.send(
        Outgoing(
            kind=kind,
            channel="email",
            to=Recipient(person.email, person.language, person.time_zone),
            context={**common, **context},
            key=f"{subject}:{event}:email",
            subject=subject,
        )
    )


def owner_of(line: Line) -> Subscriber | None:
    """Who owns the line now."""
    return Subscriber.objects.filter(ownerships__line=line, ownerships__until_at=None).first()
