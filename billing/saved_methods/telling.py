"""What people are told about their saved ways to pay, each event once."""

from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse

from billing.models import AutoRenew, AutoTopUp, PaymentMethod
from lib.msisdn import format_msisdn
from notifications.outbox import Outgoing, Recipient


def warning_key(method: PaymentMethod) -> str:
    """Tells the warning that this card ends from all other messages: once for each date it had."""
    return f"method:{method.pk}:expires:{method.expires_on}:email"


def expires(method: PaymentMethod) -> Outgoing:
    """The card is good until the end of its month, and what rests on it."""
    return _letter(method, "method_expires", {}, key=warning_key(method))


def ended(method: PaymentMethod, *, why: str, on: date) -> Outgoing:
    """It cannot be paid with any more, and why: `revoked`, `expired` or `detached`. A card may expire more than once."""
    return _letter(method, "method_ended", {"why": why}, key=f"method:{method.pk}:{why}:{on}:email")


def numbers_resting_on(method: PaymentMethod) -> list[str]:
    """Numbers with auto-renew or auto top-up that is paid with it, first or when the other fails."""
    found: set[str] = set()
    for standing in (AutoRenew, AutoTopUp):
        on = standing.objects.filter(off_at=None)
        for way in ("method", "backup"):
            found |= set(on.filter(**{way: method}).values_list("line__msisdn", flat=True))
    return sorted(found)


def _letter(method: PaymentMethod, kind: str, context: dict[str, Any], *, key: str) -> Outgoing:
    person = method.subscriber
    common = {
        "label": method.label,
        "month": f"{method.expires_on:%m/%Y}" if method.expires_on else "",
        "numbers": [format_msisdn(msisdn) for msisdn in numbers_resting_on(method)],
        "url": settings.PORTAL_ORIGIN + reverse("ways_to_pay"),
    }
    return Outgoing(
        kind=kind,
        channel="email",
        to=Recipient(person.email, person.language, person.time_zone),
        context={**common, **context},
        key=key,
        subject=f"method:{method.pk}",
    )
