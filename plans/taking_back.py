"""Takes back what is left of what an order granted, or freezes it while a bank decides.

Everything here runs in the caller's transaction, which holds the line's row lock.
"""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Line
from plans import commands, periods
from plans.calendar import to_second
from plans.gifts import following
from plans.models import Allowance, PlanKind, PlanPeriod
from provisioning.outbox import tell_many


def period_of(origin: str) -> PlanPeriod | None:
    """The period that was granted for `origin`, e.g. `order:<id>`, unless it has been taken back."""
    return PlanPeriod.objects.standing().filter(origin=origin).select_related("plan").first()


def take_back(*, line: Line, origin: str, now: datetime) -> PlanPeriod | None:
    """End what was granted for `origin`: a queued period is cancelled, a running one ends now, a past one stays as it was.

    Queued plans move up. Returns the period, None when there is none (left). Idempotent.
    """
    period = period_of(origin)
    second = to_second(now)
    if period is None or period.ends_at <= second:
        return period
    if period.starts_at >= second:
        _cancel(period, line=line, now=now)
    else:
        periods.cut(period, line=line, at=second)
    if period.kind == PlanKind.PLAN:
        periods.reflow(line=line, now=now)
    return period


def _cancel(period: PlanPeriod, *, line: Line, now: datetime) -> None:
    _locked(period.origin).filter(frozen_at=None).update(frozen_at=now)
    period.cancelled_at = now
    period.save(update_fields=["cancelled_at"])
    _tell(period, line=line, change="cancelled")


def freeze(*, line: Line, origin: str, now: datetime) -> int:
    """Nothing of what was granted for `origin` can be used from now on, nor what is left of gifts from it; the core is told. Returns how
    many allowances that are.
    """
    frozen = _locked(origin).filter(frozen_at=None).update(frozen_at=now)
    return _told(frozen, line=line, origin=origin, change=f"frozen:{commands.at(now)}")


def unfreeze(*, line: Line, origin: str, now: datetime) -> int:
    """What was frozen can be used again, and gifts from it; the core is told. Returns how many allowances that are."""
    freed = _locked(origin).exclude(frozen_at=None).update(frozen_at=None)
    return _told(freed, line=line, origin=origin, change=f"unfrozen:{commands.at(now)}")


def _told(count: int, *, line: Line, origin: str, change: str) -> int:
    if count and following.gifts_out_of(origin):
        following.follow_later(line.pk)
    if count and (period := PlanPeriod.objects.filter(origin=origin).select_related("plan").first()):
        _tell(period, line=line, change=change)
    return count


def _tell(period: PlanPeriod, *, line: Line, change: str) -> None:
    allowances = period.allowances.select_related("zone").order_by("id")
    tell_many([commands.of_period(period, allowances, line=line, change=change)])


def _locked(origin: str) -> QuerySet[Allowance]:
    rows = Allowance.objects.filter(origin=origin)
    ids = list(
        rows.select_for_update(no_key=True, of=("self",)).order_by("expires_at", "id").values_list("pk", flat=True)
    )
    return Allowance.objects.filter(pk__in=ids)
