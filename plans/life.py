"""How long a line lives, and what keeps it: the dates, and what a top-up or a plan does to them.

In use until the latest of: the end of its last plan period, W1 after its last top-up, W2 after its last use charged to credit. Then it
receives only (grace), then nothing works (suspended), then the number is given up. Stock is not swept, and what somebody has blocked
stays blocked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Greatest

from accounts.models import Line, LineState
from lib.brand import brand
from lib.rows import write
from notifications import outbox
from plans import commands, periods
from plans.models import PlanPeriod
from provisioning.outbox import tell_many

#: What is told of a line's own dates; a top-up or a plan makes it pointless.
KINDS = ("grace_coming", "grace_begun", "suspension_coming", "release_coming")


@dataclass(frozen=True)
class Life:
    """The dates that are ahead of a line if nobody does anything. None: does not come, or has come."""

    state: LineState
    grace_at: datetime | None = None
    suspended_at: datetime | None = None
    released_at: datetime | None = None

    @property
    def is_asleep(self) -> bool:
        """Whether a top-up or a plan would bring it back."""
        return self.state in {LineState.GRACE, LineState.SUSPENDED}


def of(line: Line, *, last_end: datetime | None) -> Life:
    """`last_end`: when the last of its standing plan periods ends or ended."""
    state, spans = LineState(line.state), brand().life
    if state == LineState.ACTIVE:
        counted = ((line.last_top_up_at, spans.after_top_up), (line.last_charged_use_at, spans.after_use))
        ends = [at + span for at, span in counted if at is not None] or [line.created_at]
        return _from_grace(state, max(ends if last_end is None else [*ends, last_end]))
    if state == LineState.GRACE:
        suspended_at = line.state_since + spans.grace
        return Life(state, None, suspended_at, suspended_at + spans.suspended)
    if state == LineState.SUSPENDED:
        return Life(state, None, None, line.state_since + spans.suspended)
    return Life(state)


def _from_grace(state: LineState, grace_at: datetime) -> Life:
    suspended_at = grace_at + brand().life.grace
    return Life(state, grace_at, suspended_at, suspended_at + brand().life.suspended)


def without_plan_until(path: str = "") -> Any:
    """Until when a line is in use by its top-ups and uses alone; an expression over lines, or over rows that `path` leads from."""
    spans = brand().life
    topped_up, used = (
        ExpressionWrapper(F(path + name) + Value(span), output_field=DateTimeField())
        for name, span in (("last_top_up_at", spans.after_top_up), ("last_charged_use_at", spans.after_use))
    )
    return Coalesce(Greatest(topped_up, used), F(f"{path}created_at"))


def standing(line: Any) -> Any:
    """Plan periods of a line that were not taken back, add-ons with them."""
    return PlanPeriod.objects.standing().filter(line=line)


def over(now: datetime) -> Q:
    """Lines in use whose time is up, by what an index can answer."""
    spans = brand().life
    never_or_before = [
        Q(**{name: None}) | Q(**{f"{name}__lte": now - span})
        for name, span in (("last_top_up_at", spans.after_top_up), ("last_charged_use_at", spans.after_use))
    ]
    no_plan = ~Q(Exists(standing(OuterRef("pk")).filter(ends_at__gt=now)))
    return Q(state=LineState.ACTIVE) & never_or_before[0] & never_or_before[1] & no_plan


def topped_up(line: Line, *, now: datetime) -> None:
    """Count from `now`, bring the line back if it sleeps, and take back what was to be said of its end. Joins the caller's
    transaction, which holds the line's row lock.
    """
    line.last_top_up_at = now
    write(line, "last_top_up_at")
    if periods.wake_line(line, reason="topped up"):
        tell_many([commands.of_line(line, subject=subject_of(line))])
    outbox.withdraw(subject_of(line), kinds=KINDS)


def subject_of(line: Line) -> str:
    """What messages about the line itself are about."""
    return f"line:{line.pk}"
