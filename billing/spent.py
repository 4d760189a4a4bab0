"""What a line's plans cost for a stretch of time: each by the share of its time that falls into it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Line
from billing.models import Order
from plans.models import PlanPeriod

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Spent:
    """A plan or an add-on from `from_at` to `until_at`, which lie within the stretch; `cost_minor` is its price for that time, rounded down."""

    period: PlanPeriod
    from_at: datetime
    until_at: datetime
    cost_minor: int

    @property
    def is_part(self) -> bool:
        return (self.from_at, self.until_at) != (self.period.starts_at, self.period.ends_at)


def on_plans(line: Line, *, since: datetime, until: datetime) -> list[Spent]:
    """Oldest first, each period with its allowances. The price is the one that was paid; without an order, the plan's."""
    found = PlanPeriod.objects.standing().filter(line=line, starts_at__lt=until, ends_at__gt=since)
    periods = list(found.select_related("plan").prefetch_related("allowances").order_by("starts_at", "id"))
    orders = [period.origin.removeprefix("order:") for period in periods if period.origin.startswith("order:")]
    prices = {str(pk): minor for pk, minor in Order.objects.filter(pk__in=orders).values_list("pk", "price_minor")}
    return [
        _spent(period, prices.get(period.origin.removeprefix("order:"), period.plan.price_minor), since, until)
        for period in periods
    ]


def _spent(period: PlanPeriod, price_minor: int, since: datetime, until: datetime) -> Spent:
    from_at, until_at = max(since, period.starts_at), min(until, period.ends_at)
    whole, part = period.ends_at - period.starts_at, until_at - from_at
    return Spent(period, from_at, until_at, price_minor * (part // _TICK) // (whole // _TICK))
