"""What staff did, written where it is done: one row an act, in the transaction of the act."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from lib.models import Audit


def record(
    deed: str,
    *,
    actor: str,
    subject: str,
    line_id: UUID | None = None,
    reason: str = "",
    address: str = "",
    **detail: Any,
) -> Audit:
    """`actor` is `staff:<id>`, `subject` an id such as `order:<id>`; `detail` holds figures and ids, no personal data."""
    return Audit.objects.create(
        deed=deed,
        actor=actor,
        subject=subject,
        line_id=line_id,
        reason=reason[:200],
        address=address[:45],
        detail=detail,
    )


def who(request: HttpRequest) -> dict[str, str]:
    """`actor` and `address` of a request at the desk, for `record`."""
    return {"actor": f"staff:{request.user.pk}", "address": get_adapter(request).get_client_ip(request) or ""}
