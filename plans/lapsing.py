"""Lines whose time is up move on: from use to grace, from grace to suspended. Any number of times, late or twice; what a renewal or a
payment on its way may still save is held by the caller.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Line, LineState
from lib.brand import brand
from lib.transactions import whole
from plans import commands, life
from provisioning.outbox import tell_many

#: A transaction; somebody who tops up waits no longer than it takes.
BATCH = 1000
_REASON = "not used"


@dataclass(frozen=True)
class _Step:
    due: Q
    to: LineState


def lapse(*, now: datetime, held: "QuerySet[Any, Any] | None" = None) -> int:
    """Move what is due at `now`. `held`: ids of lines that wait. Returns how many moved."""
    asleep = Q(state=LineState.GRACE, state_since__lte=now - brand().life.grace)
    steps = (_Step(asleep, LineState.SUSPENDED), _Step(life.over(now), LineState.GRACE))
    moved = 0
    for step in steps:
        while count := _move(step, now=now, held=held):
            moved += count
    return moved


@whole
def _move(step: _Step, *, now: datetime, held: "QuerySet[Any, Any] | None") -> int:
    """Lock, then look again: what was renewed before the lock was ours is seen by the second statement."""
    due = Line.objects.filter(step.due)
    if held is not None:
        due = due.exclude(pk__in=held)
    locked = due.select_for_update(no_key=True, of=("self",), skip_locked=True)
    line_ids = list(locked.values_list("pk", flat=True)[:BATCH])
    if not line_ids:
        return 0
    moved = due.filter(pk__in=line_ids).update(state=step.to, state_since=now, state_reason=_REASON)
    lapsed = Line.objects.filter(pk__in=line_ids, state=step.to, state_since=now)
    tell_many(commands.of_line(line, subject=life.subject_of(line)) for line in lapsed)
    return moved
