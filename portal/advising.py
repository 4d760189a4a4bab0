"""What would have been cheapest for a line: read, searched and held against what it cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Sum

from accounts.models import Line, Subscriber
from billing import spent
from billing.models import CreditUse
from billing.spent import Spent
from billing.statement import owned_since
from network import used_days
from network.models import UsageDay
from plans.advising import on_sale
from plans.advising.goods import Good
from plans.advising.search import Mix, cheapest
from plans.advising.stretch import Use
from plans.models import Unit

#: So many whole days are looked at; of fewer than the second that tell something nothing is said.
DAYS = 60
ENOUGH_DAYS = 21
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Looked:
    """A line's days `[first, until)`: what was used, what it cost, and what would have cost least (None: nothing on sale covers it)."""

    line: Line
    first: date
    until: date
    use: Sequence[Use]
    plans: Sequence[Spent] = ()
    credit_minor: int = 0
    short: Sequence[UsageDay] = ()
    best: Mix | None = None

    @property
    def count(self) -> int:
        return (self.until - self.first).days

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.line.time_zone)

    @property
    def told_days(self) -> int:
        """Days with a plan or with use."""
        days = {self.first + place * _DAY for place, use in enumerate(self.use) if use}
        for one in self.plans:
            day = one.from_at.astimezone(self.zone).date()
            while day < self.until and _start(day, self.zone) < one.until_at:
                days.add(day)
                day += _DAY
        return len(days)

    @property
    def is_enough(self) -> bool:
        return self.told_days >= ENOUGH_DAYS and any(self.use)

    @property
    def paid_minor(self) -> int:
        return sum(one.cost_minor for one in self.plans) + self.credit_minor

    @property
    def saving_minor(self) -> int:
        """How much less the best would have cost; below nothing when it costs more."""
        return self.paid_minor - self.best.total_minor if self.best else 0

    @property
    def short_days(self) -> int:
        return len({row.day for row in self.short})

    @property
    def choice(self) -> Good | None:
        """The plan that the best mix runs on most days, where that saves money."""
        if not self.best or self.saving_minor <= 0:
            return None
        days: dict[str, int] = {}
        goods = {}
        for stretch in self.best.stretches:
            if stretch.base and stretch.base.is_plan:
                goods[stretch.base.title] = stretch.base
                days[stretch.base.title] = days.get(stretch.base.title, 0) + stretch.until - stretch.first
        return goods[max(days, key=lambda title: days[title])] if days else None


def look(line: Line, reader: Subscriber, *, now: datetime) -> Looked:
    """The last whole days on which the line was the reader's."""
    zone = ZoneInfo(line.time_zone)
    today = now.astimezone(zone).date()
    since = owned_since(line, reader) or now
    first = min(today, max(today - DAYS * _DAY, since.astimezone(zone).date() + _DAY))
    rows = used_days.of_each(line, since=first, until=today)
    plans = spent.on_plans(line, since=_start(first, zone), until=_start(today, zone))
    first = min([row.day for row in rows] + [one.from_at.astimezone(zone).date() for one in plans], default=today)
    use = _by_day(rows, first, today)
    _add_members(use, line, used_days.by_members(line, reader, since=_start(first, zone)), first)
    found = Looked(
        line, first, today, use, plans, _from_credit(line, first, today), [row for row in rows if row.overrun]
    )
    if not found.is_enough:
        return found
    shop = on_sale.shop_of(line, countries={row.country for row in rows}, on=today, now=now)
    return Looked(line, first, today, use, plans, found.credit_minor, found.short, cheapest(shop, use))


def _by_day(rows: Sequence[UsageDay], first: date, until: date) -> list[dict[tuple[str, str], int]]:
    found: list[dict[tuple[str, str], int]] = [{} for _day in range((until - first).days)]
    for row in rows:
        found[(row.day - first).days][row.country, row.unit] = row.amount
    return found


def _add_members(use: list[dict[tuple[str, str], int]], line: Line, by_day: Mapping[date, int], first: date) -> None:
    """What the line's group used of its data its plan must hold, too; wherever that was, it is none of the owner's business: at home."""
    for day, amount in by_day.items():
        if 0 <= (place := (day - first).days) < len(use):
            at_home = (line.country, Unit.DATA)
            use[place][at_home] = use[place].get(at_home, 0) + amount


def _from_credit(line: Line, first: date, until: date) -> int:
    uses = CreditUse.objects.filter(line=line, day__gte=first, day__lt=until, currency=line.currency)
    total: int = uses.aggregate(minor=Sum("cost_minor", default=0))["minor"]
    return total


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
