"""Addresses nobody should be written to: mails to them come back, or their reader took one for spam. Codes, which their reader asks for
at that moment, go out all the same, and one that is entered proves that the address works again.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from lib import clock
from notifications.kinds import KINDS
from notifications.models import Message, Suppression, SuppressionReason

#: As `has_perm` takes it.
RIGHT = "notifications.lift_suppression"


def suppress(address: str, reason: SuppressionReason, *, code: str = "") -> None:
    """From now on; what is known already stays as it was."""
    row = Suppression(address=address.lower(), reason=reason, code=code[:60], since_at=clock.real_now())
    Suppression.objects.bulk_create([row], ignore_conflicts=True)


def lift(address: str) -> bool:
    """The address works again. Whether it was suppressed."""
    return bool(at(address).update(lifted_at=clock.real_now()))


def of(address: str) -> Suppression | None:
    """Why nothing is sent there, if so."""
    return at(address).first()


def at(address: str) -> QuerySet[Suppression]:
    """`of` as rows: one or none."""
    return _open().filter(address=address.lower())


def kept_back(messages: Iterable[Message]) -> set[UUID]:
    """Ids of those that go to such an address and are no codes."""
    asked = [message for message in messages if not _is_code(message)]
    if not asked:
        return set()
    found = set(
        _open().filter(address__in={message.address.lower() for message in asked}).values_list("address", flat=True)
    )
    return {message.pk for message in asked if message.address.lower() in found}


def _is_code(message: Message) -> bool:
    kind = KINDS.get(message.kind)
    return kind is not None and kind.is_secret


def _open() -> QuerySet[Suppression]:
    return Suppression.objects.filter(lifted_at=None)
