"""Renewing while nobody is there: at most one order for each plan period that ends, however often it is tried.

A sweep opens a run for each period that is about to end, takes runs whose time has come under a lease, and carries each a step on. What
happens follows from the rows alone: it may run late, twice, on several hosts, or stop anywhere.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Least

from accounts.models import Line
from billing import orders
from billing.models import (
    OPEN_RUN_STATES,
    AutoRenew,
    Renewal,
    RunState,
)
from billing.standing.auto_renew import LONGEST_LEAD, SHORT, still_open
from billing.standing.renewal_steps import LATEST, step
from lib.alarm import holding_up_nobody
from lib.brand import brand
from lib.transactions import whole
from plans.models import PlanKind, PlanPeriod, PlanPeriodQuerySet

#: A worker that took a run and is silent for so long has died with it; longer than the gateway's time-outs.
LEASE = timedelta(minutes=5)
BATCH = 100


def sweep(*, now: datetime, threads: int = 1) -> int:
    """Open what is due and carry every run a step on whose time has come. Returns how many runs were looked at."""
    open_due(now=now)
    total = 0
    while run_ids := _claim(now=now):
        total += len(run_ids)
        _each(run_ids, lambda run_id: step(run_id, now=now), threads=threads)
    return total


def _each(run_ids: list[UUID], deed: Callable[[UUID], None], *, threads: int) -> None:
    """One after the other, or side by side, each thread on a connection of its own. One that breaks holds up no other."""

    def guarded(run_id: UUID) -> None:
        try:
            with holding_up_nobody("renewal.broken", subject=f"renewal:{run_id}"):
                deed(run_id)
        finally:
            if threads > 1:
                connection.close()

    if threads == 1:
        for run_id in run_ids:
            guarded(run_id)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(guarded, run_ids))


def due(*, now: datetime) -> PlanPeriodQuerySet:
    """Plan periods that end within their lead, or have just ended, on lines with auto-renew on, and that no run follows yet."""
    length = ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=DurationField())
    tenth = ExpressionWrapper(length / Value(10), output_field=DurationField())
    on = AutoRenew.objects.filter(line=OuterRef("line"), off_at=None, on_at__lt=OuterRef("ends_at"))
    shortest = timedelta(0) if brand().short_plans_ahead else SHORT
    ends = Q(ends_at__lte=now) | Q(length__gte=shortest, ends_at__lte=now + Least(Value(LONGEST_LEAD), F("tenth")))
    periods = PlanPeriod.objects.standing().filter(kind=PlanKind.PLAN, renewal=None, ends_at__gt=now - LATEST)
    return periods.annotate(length=length, tenth=tenth).filter(ends).filter(Exists(on))


def open_due(*, now: datetime) -> int:
    """A run for each period that is due. Returns how many."""
    opened = 0
    while found := list(due(now=now).order_by("ends_at", "pk").values_list("pk", "line_id")[:BATCH]):
        made = sum(_open(period_id, line_id=line_id, now=now) for period_id, line_id in found)
        opened += made
        if not made:
            break
    return opened


@whole
def _open(period_id: UUID, *, line_id: UUID, now: datetime) -> bool:
    line = orders.lock_line(line_id)
    auto_renew = AutoRenew.objects.filter(line=line, off_at=None).first()
    period = PlanPeriod.objects.standing().filter(pk=period_id, renewal=None).first()
    if auto_renew is None or period is None:
        return False
    Renewal.objects.create(auto_renew=auto_renew, line=line, follows=period, next_at=now, created_at=now)
    return True


@whole
def _claim(*, now: datetime) -> list[UUID]:
    """Runs whose time has come, leased."""
    rows = Renewal.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    waiting = rows.filter(state__in=OPEN_RUN_STATES, next_at__lte=now).order_by("next_at", "pk")
    run_ids = list(waiting.values_list("pk", flat=True)[:BATCH])
    Renewal.objects.filter(pk__in=run_ids).update(next_at=now + LEASE)
    return run_ids


def cared_for(*, now: datetime) -> QuerySet[Line, Any]:
    """Ids of lines whose owners need no reminder of an end: it is renewed by itself, or they have just been told why it is not."""
    on = AutoRenew.objects.filter(line=OuterRef("pk"), off_at=None)
    told = Renewal.objects.filter(line=OuterRef("pk"), state=RunState.GIVEN_UP, follows__ends_at__gt=now)
    return Line.objects.filter(Exists(on) | Exists(told)).values("pk")


def is_repairing(line: Line) -> bool:
    """Whether a renewal of the line is being tried again: its life does not move on meanwhile."""
    return still_open().filter(line=line).exists()
