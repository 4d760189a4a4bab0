"""The card on the credit page: what use costs that no allowance covers, and whether it is paid from credit now."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Line
from plans import rates_in_words
from plans.models import PlanKind, PlanPeriod


def facts(line: Line, *, now: datetime) -> dict[str, Any]:
    """Without `rates` there is no card. `running`: the plan period that runs."""
    running = PlanPeriod.objects.running(now).filter(line=line, kind=PlanKind.PLAN).select_related("plan").first()
    today = now.astimezone(ZoneInfo(line.time_zone)).date()
    return {
        "rates": rates_in_words.in_country(line.country, currency=line.currency, on=today),
        "running": running,
        "is_paid": running is None or running.plan.beyond_by_credit,
        "is_off": line.credit_use_off_at is not None,
    }
