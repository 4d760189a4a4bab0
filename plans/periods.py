"""Begins, queues, cuts and moves the plan periods of a line.

Every function that writes runs in the caller's transaction and takes the line's row lock itself, unless the caller says that it
holds it (`is_locked`).
`origin` names what a period was granted for, e.g. `order:<id>`: the same origin gives the same period, however often it is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q

from accounts.models import Line, LineState
from lib.compiled import Compiled, Given
from plans import commands
from plans import grants as granting
from plans.calendar import Slot, behind, new_chain, to_second
from plans.grants import Grant
from plans.models import AddOnEnd, Allowance, Plan, PlanKind, PlanPeriod, Unit
from plans.models.period import NO_OVERLAP
from provisioning.outbox import Telling, tell_many

_SECOND = timedelta(seconds=1)
_ASLEEP = (LineState.STOCK, LineState.GRACE, LineState.SUSPENDED)


class PlanRunning(Exception):
    """The line has a plan period that runs or is queued: queue behind it, or start now."""


class NeedsRunningPlan(Exception):
    """The add-on goes beside a running plan, and none runs."""


class OriginReused(RuntimeError):
    """The origin stands for another line's or plan's period already; somebody's code is wrong."""


@dataclass(frozen=True)
class Moved:
    """A queued period and where it goes."""

    period: PlanPeriod
    slot: Slot


@dataclass(frozen=True)
class PeriodPreview:
    """What an order would do. `cut_period` would end at `starts_at`, and what is left of its allowances (`lost`) with it."""

    starts_at: datetime
    ends_at: datetime
    cut_period: PlanPeriod | None = None
    lost: list[Allowance] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)

    @property
    def cut_ends_at(self) -> datetime:
        """When what would be cut ends as things are; `starts_at` when nothing is cut."""
        return self.cut_period.ends_at if self.cut_period else self.starts_at


def begin(*, line: Line, plan: Plan, now: datetime, origin: str, grants: Iterable[Grant] | None = None) -> PlanPeriod:
    """A period of `plan` from `now` on. Raises PlanRunning, OriginReused."""
    timeline = _lock(line, origin, now=now)
    if timeline.existing:
        return timeline.existing_for(line, plan)
    if timeline.running or timeline.queued:
        raise PlanRunning
    return _store(line, plan, timeline.end_of_queue(plan), origin=origin, grants=grants, bought=_Bought(now))


def queue(
    *,
    line: Line,
    plan: Plan,
    now: datetime,
    origin: str,
    grants: Iterable[Grant] | None = None,
    is_locked: bool = False,
) -> PlanPeriod:
    """A period of `plan` behind everything that is paid; from `now` on when nothing is. Raises OriginReused."""
    timeline = _lock(line, origin, now=now, is_locked=is_locked)
    if timeline.existing:
        return timeline.existing_for(line, plan)
    return _store(line, plan, timeline.end_of_queue(plan), origin=origin, grants=grants, bought=_Bought(now))


def start_now(
    *,
    line: Line,
    plan: Plan,
    now: datetime,
    origin: str,
    grants: Iterable[Grant] | None = None,
    is_locked: bool = False,
) -> PlanPeriod:
    """A period of `plan` from `now` on, whatever runs: that is cut, its allowances end, queued periods move behind the new one.

    Add-ons and gifts keep their ends. Raises OriginReused.
    """
    timeline = _lock(line, origin, now=now, is_locked=is_locked)
    if timeline.existing:
        return timeline.existing_for(line, plan)
    slot = timeline.in_front(plan)
    told = [_cut(timeline.running, line=line, at=slot.starts_at, subject=origin)] if timeline.running else []
    told += _reflow(line, now=now, front=slot, subject=origin)[1]
    return _store(line, plan, slot, origin=origin, grants=grants, bought=_Bought(now, told))


def add_on(
    *,
    line: Line,
    plan: Plan,
    now: datetime,
    origin: str,
    grants: Iterable[Grant] | None = None,
    is_locked: bool = False,
) -> PlanPeriod:
    """A period of the add-on `plan` from `now` on, beside what runs. Raises NeedsRunningPlan, OriginReused."""
    timeline = _lock(line, origin, now=now, is_locked=is_locked)
    if timeline.existing:
        return timeline.existing_for(line, plan)
    return _store(line, plan, timeline.beside(plan), origin=origin, grants=grants, bought=_Bought(now))


def fits(*, plan: Plan, line: Line, now: datetime) -> bool:
    """Whether the add-on `plan` could be given to `line` now."""
    return not _leans(plan) or PlanPeriod.objects.filter(line=line, kind=PlanKind.PLAN).running(now).exists()


def bring_in(*, line: Line, plan: Plan, slot: Slot, origin: str, used: Mapping[str, int] | None = None) -> PlanPeriod:
    """A period that another system sold, with its own start and end; `used` by unit of what the plan grants. Raises OriginReused."""
    timeline = _lock(line, origin, now=slot.starts_at)
    if timeline.existing:
        return timeline.existing_for(line, plan)
    return _store(line, plan, slot, origin=origin, grants=None, used=used)


def imported_slot(line: Line, plan: Plan, *, starts_at: datetime, ends_at: datetime) -> Slot:
    """The slot of a period somebody else counted: on its own chain if our arithmetic gives the same end, else a chain that
    begins at its end.
    """
    counted = new_chain(starts_at, plan.validity, ZoneInfo(line.time_zone))
    return (
        counted if counted.ends_at == ends_at else Slot(to_second(starts_at), to_second(ends_at), to_second(ends_at), 0)
    )


def reflow(*, line: Line, now: datetime, front: Slot | None = None) -> list[Moved]:
    """Move queued periods so that each begins where the one before ends: behind `front`, else behind what runs, else from `now`.

    Their allowances move with them, and the core is told. The one place that defers the exclusion constraint. Returns what moved.
    Idempotent. The caller holds the line's row lock.
    """
    moved, told = _reflow(line, now=now, front=front)
    tell_many(told)
    return moved


def _reflow(line: Line, *, now: datetime, front: Slot | None, subject: str = "") -> tuple[list[Moved], list[Telling]]:
    _refuse_outside_transaction()
    moved = _Timeline.read(line, now=now).moves(front)
    if not moved:
        return [], []
    for move in moved:
        _place(move.period, move.slot)
    allowances = list(
        Allowance.objects.select_for_update(no_key=True, of=("self",))
        .filter(period__in=[move.period for move in moved])
        .select_related("zone")
        .order_by("expires_at", "id")
    )
    slots: dict[UUID | None, Slot] = {move.period.pk: move.slot for move in moved}
    for allowance in allowances:
        slot = slots[allowance.period_id]
        allowance.starts_at, allowance.expires_at = slot.starts_at, slot.ends_at
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {NO_OVERLAP} DEFERRED")
        PlanPeriod.objects.bulk_update(
            [move.period for move in moved], ["starts_at", "ends_at", "anchor_at", "anchor_step"]
        )
        Allowance.objects.bulk_update(allowances, ["starts_at", "expires_at"])
        cursor.execute(f"SET CONSTRAINTS {NO_OVERLAP} IMMEDIATE")
    return moved, [_moved(move.period, allowances, line=line, now=now, subject=subject) for move in moved]


def _moved(period: PlanPeriod, allowances: Iterable[Allowance], *, line: Line, now: datetime, subject: str) -> Telling:
    own = [allowance for allowance in allowances if allowance.period_id == period.pk]
    change = f"moved:{commands.at(period.starts_at)}:{commands.at(now)}"
    return commands.of_period(period, own, line=line, change=change, subject=subject)


def preview(*, line: Line, plan: Plan, start: str, now: datetime) -> PeriodPreview:
    """What ordering `plan` would do at `now`, `start` being `now` or `queue`; writes nothing. Raises NeedsRunningPlan."""
    timeline = _Timeline.read(line, now=now)
    if plan.kind == PlanKind.ADD_ON:
        slot = timeline.beside(plan)
        return PeriodPreview(slot.starts_at, slot.ends_at)
    if start != "now" or not (timeline.running or timeline.queued):
        slot = timeline.end_of_queue(plan)
        return PeriodPreview(slot.starts_at, slot.ends_at)
    slot = timeline.in_front(plan)
    lost = list(timeline.running.allowances.all()) if timeline.running else []
    return PeriodPreview(
        slot.starts_at,
        slot.ends_at,
        cut_period=timeline.running,
        lost=[allowance for allowance in lost if allowance.remaining != 0],
        moved=timeline.moves(slot),
    )


def default_start(line: Line, now: datetime) -> Literal["now", "queue"]:
    """`now` when the running plan's data is used up (or down to its slow speed), else `queue`."""
    main = Allowance.objects.filter(
        line=line,
        unit=Unit.DATA,
        period__in=PlanPeriod.objects.filter(line=line, kind=PlanKind.PLAN).running(now),
    )
    allowances = list(main)
    return "now" if allowances and all(allowance.is_used_up for allowance in allowances) else "queue"


def wake_line(line: Line, *, reason: str) -> bool:
    """What is applied brings a line back into use; a blocked one stays blocked. Whether it was asleep, which the caller then tells the
    core. The caller holds the line's row lock.
    """
    if line.state not in _ASLEEP:
        return False
    line.move_to(LineState.ACTIVE, reason=reason)
    return True


_STANDING_OR_OF_ORIGIN = Compiled(
    PlanPeriod.objects.filter(
        Q(line=Given("line_id"), kind=PlanKind.PLAN, cancelled_at=None, ends_at__gte=Given("second"))
        | Q(origin=Given("origin"))
    )
    .select_related("plan")
    .order_by("starts_at")
)


@dataclass(frozen=True)
class _Timeline:
    """A line's standing plan periods that end at `second` or later, in order."""

    line: Line
    second: datetime
    periods: list[PlanPeriod]
    existing: PlanPeriod | None = None

    @classmethod
    def read(cls, line: Line, *, now: datetime, origin: str | None = None) -> "_Timeline":
        second = to_second(now)
        rows = _STANDING_OR_OF_ORIGIN.all(line_id=line.pk, second=second, origin=origin)
        existing = next((row for row in rows if origin and row.origin == origin), None)
        return cls(line, second, rows, existing)

    def existing_for(self, line: Line, plan: Plan) -> PlanPeriod:
        if self.existing is None or (self.existing.line_id, self.existing.plan_id) != (line.pk, plan.pk):
            raise OriginReused
        return self.existing

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.line.time_zone)

    @property
    def running(self) -> PlanPeriod | None:
        return next((row for row in self.periods if row.starts_at <= self.second < row.ends_at), None)

    @property
    def queued(self) -> list[PlanPeriod]:
        return [row for row in self.periods if row.starts_at > self.second]

    def end_of_queue(self, plan: Plan) -> Slot:
        """Behind the last; a period that ends in this very second leaves no gap, so its chain goes on."""
        if self.periods:
            return behind(slot_of(self.periods[-1]), plan.validity, self.zone)
        return new_chain(self.second, plan.validity, self.zone)

    def in_front(self, plan: Plan) -> Slot:
        """From this second on; one second later when what runs began in it, since no period is empty."""
        earliest = self.running.starts_at + _SECOND if self.running else self.second
        return new_chain(max(self.second, earliest), plan.validity, self.zone)

    def beside(self, plan: Plan) -> Slot:
        if _leans(plan) and self.running is None:
            raise NeedsRunningPlan
        if plan.ends == AddOnEnd.WITH_PLAN and self.running:
            return Slot(self.second, self.running.ends_at, self.second, 0)
        return new_chain(self.second, plan.validity, self.zone)

    def moves(self, front: Slot | None) -> list[Moved]:
        """Where queued periods go behind `front`, else behind what runs; only those that would change."""
        last = front or (slot_of(self.running) if self.running else None)
        moved = []
        for period in self.queued:
            validity = period.plan.validity
            last = behind(last, validity, self.zone) if last else new_chain(self.second, validity, self.zone)
            if last != slot_of(period):
                moved.append(Moved(period, last))
        return moved


def slot_of(period: PlanPeriod) -> Slot:
    return Slot(period.starts_at, period.ends_at, period.anchor_at, period.anchor_step)


def _lock(line: Line, origin: str, *, now: datetime, is_locked: bool = False) -> _Timeline:
    """The line's row lock first, then what it has. `line` is read anew unless the caller has just locked it."""
    _refuse_outside_transaction()
    if not is_locked:
        line.refresh_from_db(from_queryset=Line.objects.select_for_update(no_key=True, of=("self",)))
    return _Timeline.read(line, now=now, origin=origin)


def _refuse_outside_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("plan periods are written inside a transaction")


@dataclass(frozen=True)
class _Bought:
    """When, by the clock that start and end follow, and what the core hears before the new period."""

    at: datetime
    told: Iterable[Telling] = ()


def _store(
    line: Line,
    plan: Plan,
    slot: Slot,
    *,
    origin: str,
    grants: Iterable[Grant] | None,
    used: Mapping[str, int] | None = None,
    bought: _Bought | None = None,
) -> PlanPeriod:
    """Without `bought` somebody else sold it, and the core had it before we did."""
    dated = {"created_at": bought.at} if bought else {}
    period = PlanPeriod(line=line, plan=plan, kind=plan.kind, origin=origin, **dated)
    _place(period, slot)
    allowances = granting.give(period, granting.freeze(plan) if grants is None else grants, used=used)
    woken = [commands.of_line(line, subject=origin)] if wake_line(line, reason=origin) else []
    if bought:
        given = commands.of_period(period, allowances, line=line, change="given", subject=origin)
        tell_many([*woken, *bought.told, given])
    return period


def _place(period: PlanPeriod, slot: Slot) -> None:
    period.starts_at, period.ends_at = slot.starts_at, slot.ends_at
    period.anchor_at, period.anchor_step = slot.anchor_at, slot.anchor_step


def cut(period: PlanPeriod, *, line: Line, at: datetime) -> None:
    """End a running period of `line` at `at`, its allowances with it, and tell the core. The caller holds the line's row lock and
    reflows what is queued.
    """
    tell_many([_cut(period, line=line, at=at)])


def _cut(period: PlanPeriod, *, line: Line, at: datetime, subject: str = "") -> Telling:
    allowances = Allowance.objects.filter(period=period)
    own = allowances.select_for_update(no_key=True, of=("self",)).select_related("zone").order_by("expires_at", "id")
    locked = list(own)
    allowances.filter(pk__in=[allowance.pk for allowance in locked]).update(expires_at=at)
    period.ends_at = at
    period.save(update_fields=["ends_at"])
    return commands.of_period(period, locked, line=line, change=f"cut:{commands.at(at)}", subject=subject)


def _leans(plan: Plan) -> bool:
    return plan.needs_plan or plan.ends == AddOnEnd.WITH_PLAN
