"""What no allowance covers: paid from credit while a plan runs that says so, or where none runs, at the rate of the zone.

Whose credit it may take is looked up before allowances are locked, since lines and credit come first in the order of locks. Should more
turn out to be needed once they are locked, the chunk begins anew with those lines (`NotLocked`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from billing.paid_use import booking
from billing.paid_use.booking import Counter, Day, Purse
from plans.rates import RateCard

_SOLD = """
    EXISTS (SELECT FROM plans_zonerate AS rate JOIN plans_zonecountry AS works ON works.zone_id = rate.zone_id
        WHERE works.country = used.country AND rate.unit = used.unit AND rate.currency = used.currency
            AND rate.from_date <= (used.used_at AT TIME ZONE used.zone)::date)
    AND EXISTS (SELECT FROM billing_ledgeraccount AS credit
        WHERE credit.line_id = used.line_id AND credit.kind IN ('credit_paid', 'credit_bonus') AND credit.balance_minor > 0)
    AND EXISTS (SELECT FROM accounts_line AS line
        WHERE line.id = used.line_id AND (line.credit_use_off_at IS NULL OR line.credit_use_off_at > used.used_at))
    AND coalesce((SELECT plan.beyond_by_credit FROM plans_planperiod AS period JOIN plans_plan AS plan ON plan.id = period.plan_id
        WHERE period.line_id = used.line_id AND period.kind = 'plan' AND period.cancelled_at IS NULL
            AND period.starts_at <= used.used_at AND period.ends_at > used.used_at), true)
"""
#: Lines of which some use may need credit: no single allowance has room for all that came of its unit.
_MAY_NEED = f"""
    SELECT DISTINCT used.line_id FROM usage_fresh AS used
    JOIN (SELECT line_id, unit, sum(amount) AS amount FROM usage_fresh GROUP BY line_id, unit) AS whole USING (line_id, unit)
    WHERE NOT EXISTS (SELECT FROM plans_allowance AS a
            JOIN plans_zonecountry AS works ON works.zone_id = a.zone_id AND works.country = used.country
            WHERE a.line_id = used.line_id AND a.unit = used.unit AND a.frozen_at IS NULL
                AND a.starts_at <= used.used_at AND a.expires_at > used.used_at
                AND (a.granted IS NULL OR a.granted - a.used - a.gifted >= whole.amount)
                AND (used.country = used.home OR a.zone_cap IS NULL OR a.zone_cap - a.used_abroad >= whole.amount))
        AND {_SOLD}
"""  # noqa: S608
UNCOVERED = """
    SELECT fresh.*, fresh.amount - coalesce(covered.amount, 0) AS overrun
    FROM usage_fresh AS fresh LEFT JOIN (
        SELECT used_at, source, record_id, sum(amount)::bigint AS amount FROM (
            SELECT used_at, source, record_id, amount FROM usage_charged
            UNION ALL SELECT used_at, source, record_id, amount FROM usage_paid
        ) AS parts GROUP BY used_at, source, record_id
    ) AS covered USING (used_at, source, record_id)
"""
#: What is not covered is found first: together with the question what is sold, Postgres would add up the whole chunk once for each use.
_NEEDS = f"""
    WITH used AS MATERIALIZED (SELECT * FROM ({UNCOVERED}) AS uncovered WHERE overrun > 0)
    SELECT used.line_id, (used.used_at AT TIME ZONE used.zone)::date, used.unit, used.country, used.currency, used.overrun,
        used.used_at, used.source, used.record_id
    FROM used WHERE {_SOLD}
    ORDER BY used.line_id, used.used_at, used.source, used.record_id
"""  # noqa: S608
_PAID = """
    INSERT INTO usage_paid (used_at, source, record_id, booking_id, amount, cost_minor)
    SELECT * FROM unnest(%(at)s::timestamptz[], %(sources)s::text[], %(records)s::text[], %(bookings)s::uuid[], %(amounts)s::bigint[],
        %(costs)s::bigint[])
"""
_KEEP = """
    INSERT INTO network_usagecreditcharge (used_at, source, record_id, booking_id, amount, cost_minor)
    SELECT used_at, source, record_id, booking_id, amount, cost_minor FROM usage_paid
"""
_DAYS = """
    UPDATE network_usageday AS day SET by_credit = day.by_credit + booked.amount, cost_minor = day.cost_minor + booked.cost_minor,
        vat_minor = day.vat_minor + booked.vat_minor
    FROM billing_credituse AS booked
    WHERE booked.id IN (SELECT booking_id FROM usage_paid)
        AND (day.line_id, day.day, day.unit, day.country) = (booked.line_id, booked.day, booked.unit, booked.country)
"""


class NotLocked(Exception):
    """The credit of these lines is needed, too."""

    def __init__(self, line_ids: Collection[UUID]) -> None:
        super().__init__(f"{len(line_ids)} lines")
        self.line_ids = frozenset(line_ids)


@dataclass(frozen=True)
class _Need:
    line_id: UUID
    day: date
    unit: str
    country: str
    currency: str
    amount: int
    used_at: datetime
    source: str
    record_id: str

    @property
    def counted_as(self) -> Day:
        return Day(self.line_id, self.day, self.unit, self.country)


def lock(cursor: Any, *, also: Collection[UUID]) -> dict[UUID, Purse]:
    """Lock the lines of `usage_fresh` that may need their credit, `also` among them."""
    cursor.execute("SELECT EXISTS (SELECT FROM plans_zonerate)")
    if not cursor.fetchone()[0]:
        return {}
    cursor.execute(_MAY_NEED)
    return booking.lock({line_id for (line_id,) in cursor.fetchall()} | set(also))


def pay(cursor: Any, purses: dict[UUID, Purse], *, now: datetime) -> None:
    """Of what `usage_charged` leaves, put into `usage_paid` what credit pays for, and book it. Raises NotLocked."""
    cursor.execute(_NEEDS)
    needs = [_Need(*row) for row in cursor.fetchall()]
    if missing := {need.line_id for need in needs} - purses.keys():
        raise NotLocked(missing)
    if not needs:
        return
    counter, card = Counter(purses, first_day=min(need.day for need in needs)), RateCard()
    paid = []
    for need in needs:
        rate = card.of(need.country, need.unit, need.currency, on=need.day)
        amount, cost_minor = counter.pay(need.counted_as, rate, need.amount) if rate else (0, 0)
        if amount:
            paid.append((need, amount, cost_minor))
    booked = counter.book(last_used_at={need.line_id: need.used_at for need, _amount, _cost in paid}, now=now)
    columns = {
        "at": [need.used_at for need, _amount, _cost in paid],
        "sources": [need.source for need, _amount, _cost in paid],
        "records": [need.record_id for need, _amount, _cost in paid],
        "bookings": [booked[need.counted_as].pk for need, _amount, _cost in paid],
        "amounts": [amount for _need, amount, _cost in paid],
        "costs": [cost for _need, _amount, cost in paid],
    }
    cursor.execute(_PAID, columns)


def keep(cursor: Any) -> None:
    """What `usage_paid` holds, by record and, where the day has its row, by day."""
    cursor.execute(_KEEP)
    cursor.execute(_DAYS)
