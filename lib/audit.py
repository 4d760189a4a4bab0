"""What staff did and looked at, written where it is done: one row an act, in the transaction of the act."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from lib import clock
from lib.models import Audit

#: Looking at the same page again within this time adds no row.
VIEW_COUNTS_FOR = timedelta(hours=1)
VIEWED = "viewed"


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


def done(
    request: HttpRequest, deed: str, *, subject: str, line_id: UUID | None = None, reason: str = "", **detail: Any
) -> Audit:
    """`record` for a request at the desk."""
    return record(deed, subject=subject, line_id=line_id, reason=reason, **who(request), **detail)


def view(request: HttpRequest, *, subject: str, line_id: UUID | None = None) -> None:
    """Somebody looks at a page about a person: one row a person, page and hour."""
    since = clock.real_now() - VIEW_COUNTS_FOR
    seen = Audit.objects.filter(subject=subject, actor=who(request)["actor"], deed=VIEWED, at__gt=since)
    if not seen.exists():
        done(request, VIEWED, subject=subject, line_id=line_id)


def who(request: HttpRequest) -> dict[str, Any]:
    """`actor` and `address` of a request at the desk, for `record`."""
    return {"actor": f"staff:{request.user.pk}", "address": get_adapter(request).get_client_ip(request) or ""}
