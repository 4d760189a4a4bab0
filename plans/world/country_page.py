"""The page of one country: whether it works there, what the line's own allowances do, what use costs, and which plans help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Line
from lib import wording
from plans import rates_in_words
from plans.comparison import validity_in_words
from plans.models import Allowance, Plan, PlanAllowance, PlanKind, PlanPeriod, Unit
from plans.overview import Bucket
from plans.rates_in_words import RateShown
from plans.world import names
from plans.world.coverage import Coverage


@dataclass(frozen=True)
class Own:
    """One of the line's allowances as the country finds it."""

    bucket: Bucket
    works: bool
    says: str


@dataclass(frozen=True)
class Choice:
    """A plan on sale that works there; `cap`: of how much of its data, outside the home country."""

    plan: Plan
    amounts: list[PlanAllowance]
    cap: str

    @property
    def validity(self) -> str:
        return validity_in_words(self.plan)


def facts(line: Line | None, country: str, *, now: datetime) -> dict[str, Any]:
    """The context of the page; the number of queries does not depend on how much there is."""
    coverage = Coverage()
    sold = _sold(line, now)
    working = [plan for plan in sold if coverage.holds(plan.zone_id, country)]
    is_home = line is not None and line.country == country
    running = _running(line, now)
    currency = line.currency if line else sold[0].currency if sold else ""
    choices = [_choice(plan, is_home=is_home) for plan in working]
    return {
        "place": "plans",
        "line": line,
        "name": wording.country_in_words(country),
        "own_names": names.own_names(country),
        "is_home": is_home,
        "zone": coverage.narrowest(country),
        "own": _own(line, country, coverage, now),
        "running": running,
        "rates": _rates(line, country, currency, now),
        "beyond_says": _beyond(line, running),
        "plans": [choice for choice in choices if choice.plan.kind == PlanKind.PLAN],
        "add_ons": [choice for choice in choices if choice.plan.kind == PlanKind.ADD_ON],
        "sold_count": len(sold),
        "working_count": len(working),
    }


def _sold(line: Line | None, now: datetime) -> list[Plan]:
    found = Plan.objects.on_sale(now).prefetch_related("allowances")
    return list(found.filter(currency=line.currency) if line else found)


def _running(line: Line | None, now: datetime) -> PlanPeriod | None:
    if line is None:
        return None
    plans = PlanPeriod.objects.standing().filter(line=line, kind=PlanKind.PLAN, starts_at__lte=now, ends_at__gt=now)
    return plans.select_related("plan").first()


def _own(line: Line | None, country: str, coverage: Coverage, now: datetime) -> list[Own]:
    """What can be used now, in the order of units, first to expire first."""
    if line is None:
        return []
    valid = Allowance.objects.filter(line=line, starts_at__lte=now, expires_at__gt=now, frozen_at=None)
    found = valid.select_related("period__plan", "zone").order_by("expires_at", "id")
    is_abroad = country != line.country
    own = [
        _as_own(Bucket(each, now), works=coverage.holds(each.zone_id, country), is_abroad=is_abroad) for each in found
    ]
    return sorted(own, key=lambda each: list(Unit).index(Unit(each.bucket.unit)))


def _as_own(bucket: Bucket, *, works: bool, is_abroad: bool) -> Own:
    if not works:
        return Own(bucket, works=False, says=_("does not work here"))
    if bucket.remaining == 0:
        return Own(bucket, works=False, says=_("used up"))
    cap = left_abroad(bucket.allowance) if is_abroad else None
    if cap is None:
        return Own(bucket, works=True, says=bucket.says or _("works here"))
    if cap == 0:
        return Own(bucket, works=False, says=_("what may be used outside your home country is used up"))
    amount = wording.amount_in_words(cap, bucket.unit)
    return Own(bucket, works=True, says=_("%(amount)s of it can be used here") % {"amount": amount})


def left_abroad(allowance: Allowance) -> int | None:
    """How much of what is left may still be used outside the home country; None without such a limit."""
    if allowance.zone_cap is None:
        return None
    room = max(0, allowance.zone_cap - allowance.used_abroad)
    return room if allowance.remaining is None else min(room, allowance.remaining)


def _rates(line: Line | None, country: str, currency: str, now: datetime) -> Sequence[RateShown]:
    today = now.astimezone(ZoneInfo(line.time_zone)).date() if line else now.date()
    return rates_in_words.in_country(country, currency=currency, on=today)


def _beyond(line: Line | None, running: PlanPeriod | None) -> str:
    """When the rates hold for whoever reads."""
    if line is None:
        return _("Without a plan, or beside a plan that goes on from credit, use is paid from credit at these rates.")
    if line.credit_use_off_at is not None:
        return _("You keep your credit, so nothing is paid from it. Without that it would cost:")
    if running is None:
        return _("No plan runs on your number: use is paid from your credit, and stops when it is spent.")
    words = {"plan": running.plan.title}
    if running.plan.beyond_by_credit:
        return _("What no allowance of yours covers is paid from your credit beside %(plan)s.") % words
    return _("While %(plan)s runs nothing is taken from your credit. Without a plan it would cost:") % words


def _choice(plan: Plan, *, is_home: bool) -> Choice:
    amounts = sorted(plan.allowances.all(), key=lambda each: each.pk)
    caps = [each.zone_cap for each in amounts if each.zone_cap is not None and not is_home]
    words = _("%(amount)s of the data outside your home country")
    return Choice(plan, amounts, words % {"amount": wording.data_in_words(caps[0])} if caps else "")
