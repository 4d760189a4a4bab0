"""What of a line's data can be given on: limited data of plans and add-ons that run, at least a step of it left."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.models import Line
from plans.models import Allowance, PlanKind, Unit
from plans.models.gift import STEP_BYTES, UNDO_FOR


def of(line: Line, *, now: datetime) -> list[Allowance]:
    """The one to be taken by default first: the running plan's, then what ends last."""
    found = _giveable(now=now).filter(line=line).select_related("period__plan", "zone")
    return sorted(found, key=lambda one: (_kind(one) != PlanKind.PLAN, -one.expires_at.timestamp(), str(one.pk)))


def locked(line: Line, allowance_id: UUID, *, now: datetime) -> Allowance | None:
    """The allowance under its row lock, if it can be given on (however much is left of it). The caller holds the line's row lock."""
    rows = Allowance.objects.select_for_update(no_key=True, of=("self",)).filter(line=line, pk=allowance_id)
    found = rows.select_related("period__plan", "zone").first()
    return found if found and is_giveable(found, now=now) else None


def is_giveable(one: Allowance, *, now: datetime) -> bool:
    """Whether it is of a kind that can be given on, and runs long enough to be taken back."""
    is_bought = one.period is not None and one.period.cancelled_at is None
    is_limited_data = one.unit == Unit.DATA and one.granted is not None
    runs = one.frozen_at is None and one.starts_at <= now and one.expires_at > now + UNDO_FOR
    return is_bought and is_limited_data and runs


def most(one: Allowance, *, at_most: int) -> int:
    """The largest amount of whole steps that is left of it and not beyond `at_most` bytes."""
    return min(one.remaining or 0, at_most) // STEP_BYTES * STEP_BYTES


def _giveable(*, now: datetime) -> QuerySet[Allowance]:
    """`is_giveable`, asked of the database, with a step left."""
    return Allowance.objects.filter(
        unit=Unit.DATA,
        period__cancelled_at=None,
        period__isnull=False,
        frozen_at=None,
        starts_at__lte=now,
        expires_at__gt=now + UNDO_FOR,
        granted__gte=F("used") + F("gifted") + STEP_BYTES,
    )


def _kind(one: Allowance) -> str:
    return one.period.kind if one.period else ""
