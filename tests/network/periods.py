"""Plan periods without an order behind them."""

from datetime import datetime

from accounts.models import Line
from lib.uuid7 import fresh
from plans.models import Plan, PlanPeriod


def period(line: Line, *, starts_at: datetime, ends_at: datetime, plan: str = "month-15") -> PlanPeriod:
    made = fresh(1)[0]
    return PlanPeriod.objects.create(
        id=made, line=line, plan=Plan.objects.get(code=plan), kind="plan", starts_at=starts_at, ends_at=ends_at,
        anchor_at=starts_at, origin=f"test:{made}",
    )  # fmt: skip
