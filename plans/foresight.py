"""What a line's queue would look like without some of its periods, and perhaps with a new one behind: counted, never written."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Line
from plans.calendar import Slot, behind, new_chain, to_second
from plans.models import Plan, PlanKind, PlanPeriod
from plans.periods import Moved, slot_of


@dataclass(frozen=True)
class Foreseen:
    """`moved`: the periods that would lie elsewhere, in order; `slot`: where the new one would lie, if one was asked about."""

    moved: list[Moved] = field(default_factory=list)
    slot: Slot | None = None


def without(line: Line, gone: Collection[UUID], *, now: datetime, plan: Plan | None = None) -> Foreseen:
    """The queue of `line` once the queued periods of these ids are cancelled, and `plan` is queued behind what is left."""
    second, zone = to_second(now), ZoneInfo(line.time_zone)
    standing = PlanPeriod.objects.standing().filter(line=line, kind=PlanKind.PLAN, ends_at__gte=second)
    periods = list(standing.select_related("plan").order_by("starts_at"))
    begun = [period for period in periods if period.starts_at <= second]
    last = slot_of(begun[-1]) if begun else None
    moved = []
    for period in periods[len(begun) :]:
        if period.pk in gone:
            continue
        validity = period.plan.validity
        last = behind(last, validity, zone) if last else new_chain(second, validity, zone)
        if last != slot_of(period):
            moved.append(Moved(period, last))
    if plan is None:
        return Foreseen(moved)
    return Foreseen(moved, behind(last, plan.validity, zone) if last else new_chain(second, plan.validity, zone))
