"""The catalogue on sale, read for the search."""

from collections.abc import Iterable
from datetime import date, datetime

from accounts.models import Line
from plans.advising.goods import UNLIMITED, Good, Grant, Shop
from plans.calendar import ValidityUnit
from plans.models import AddOnEnd, Plan, PlanAllowance, PlanKind, Unit
from plans.rates import RateCard

#: A month is reckoned as so many days.
MONTH_DAYS = 30


def shop_of(line: Line, *, countries: Iterable[str], on: date, now: datetime) -> Shop:
    """What `line` can buy at `now`, and what use in `countries` costs from credit on the day `on`, unless its owner
    switched that off; five statements.
    """
    found = Plan.objects.on_sale(now).filter(currency=line.currency).select_related("zone")
    plans = found.prefetch_related("allowances", "zone__countries")
    card, rates = RateCard(), {}
    is_off = line.credit_use_off_at is not None and line.credit_use_off_at <= now
    for country in () if is_off else countries:
        for unit in Unit:
            if rate := card.of(country, unit, line.currency, on=on):
                rates[country, unit.value] = rate
    return Shop(line.country, [_good(plan) for plan in plans], rates)


def _good(plan: Plan) -> Good:
    days = None
    if plan.ends != AddOnEnd.WITH_PLAN:
        days = plan.validity_count * (1 if plan.validity_unit == ValidityUnit.DAY else MONTH_DAYS)
    return Good(
        key=plan.code,
        title=plan.title,
        price_minor=plan.price_minor,
        days=days,
        countries=frozenset(row.country for row in plan.zone.countries.all()),
        grants={row.unit: _grant(row) for row in plan.allowances.all()},
        is_plan=plan.kind == PlanKind.PLAN,
        needs_plan=plan.needs_plan,
        has_beyond=plan.beyond_by_credit,
    )


def _grant(row: PlanAllowance) -> Grant:
    """Of what slows down, full speed alone counts."""
    amount = row.amount if row.amount is not None else row.full_speed_amount
    whole = UNLIMITED if amount is None else amount
    return Grant(whole, whole if row.zone_cap is None else min(row.zone_cap, whole))
