"""The plan list: each plan on sale with what makes it comparable."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib import wording
from lib.money import format_money
from plans.models import AddOnEnd, Length, Plan, PlanAllowance, Unit, ValidityUnit, ZoneCountry


@dataclass(frozen=True)
class Offer:
    """A plan in the list. Sums are minor units of the plan's currency, rounded half up; `shorter` is the next shorter plan of its family.

    `at_pace`: how long its data would last whoever reads, in words. `is_cheapest`: it is the plan of the mix that would have cost them least.
    """

    plan: Plan
    country_count: int
    shorter: Plan | None = None
    badge: str = ""
    act: str = ""
    order_url: str = ""
    at_pace: str = ""
    is_cheapest: bool = False

    def allowance(self, unit: Unit) -> PlanAllowance | None:
        """What it grants of `unit`. Reads the prefetched allowances."""
        return next((amount for amount in self.plan.allowances.all() if amount.unit == unit), None)

    @property
    def data(self) -> PlanAllowance | None:
        return self.allowance(Unit.DATA)

    @property
    def voice(self) -> PlanAllowance | None:
        return self.allowance(Unit.VOICE)

    @property
    def texts(self) -> PlanAllowance | None:
        return self.allowance(Unit.TEXTS)

    @property
    def lead(self) -> PlanAllowance | None:
        """The amount people look at first."""
        return self.data or self.voice or self.texts

    @property
    def validity(self) -> str:
        return validity_in_words(self.plan)

    @property
    def per_gb_minor(self) -> int | None:
        """None without data or with unlimited data."""
        data = self.data
        if data is None or data.amount is None:
            return None
        return _rounded(Decimal(self.plan.price_minor) * wording.GIGABYTE / data.amount)

    @property
    def per_day_minor(self) -> int | None:
        """None for an add-on that ends with the running plan."""
        days = self.plan.validity.days
        return _rounded(Decimal(self.plan.price_minor) / days) if days else None

    @property
    def saving_percent(self) -> int | None:
        """How much less a day costs than with the next shorter plan of the family, rounded down; None when there is none."""
        if self.shorter is None:
            return None
        mine = Decimal(self.plan.price_minor) / self.plan.validity.days
        theirs = Decimal(self.shorter.price_minor) / self.shorter.validity.days
        return int((1 - mine / theirs) * 100) or None

    @property
    def saving(self) -> str:
        """`30 % a day against Week 4`, or nothing."""
        if self.shorter is None or self.saving_percent is None:
            return ""
        words = {"percent": self.saving_percent, "plan": self.shorter.title}
        return _("%(percent)s %% a day against %(plan)s") % words

    @property
    def when_used_up(self) -> str:
        """What becomes of data when what the plan grants is used."""
        if self.plan.beyond_by_credit:
            return _("goes on from credit")
        is_slowing = self.data is not None and self.data.speed_after_kbit
        return _("goes on slower") if is_slowing else _("stops")

    @property
    def works_in(self) -> str:
        return countries_in_words(self.country_count)


@dataclass(frozen=True)
class Cell:
    value: str
    is_advised: bool


@dataclass(frozen=True)
class Fact:
    """One row of the side-by-side table."""

    words: str
    cells: list[Cell]


def offers(*, length: Length, currency: str | None, now: datetime) -> list[Offer]:
    """The plans of `length` on sale at `now`, in the catalogue's order, of one currency or (None) of all; three queries."""
    sold = Plan.objects.on_sale(now).select_related("zone").prefetch_related("allowances")
    sold = sold.filter(currency=currency) if currency else sold
    plans = list(sold)
    shown = [plan for plan in plans if plan.length == length]
    zones = ZoneCountry.objects.filter(zone__in={plan.zone for plan in shown})
    counts = dict(zones.order_by().values_list("zone").annotate(Count("country")))
    return [Offer(plan, counts[plan.zone_id], _next_shorter(plan, plans)) for plan in shown]


def _next_shorter(plan: Plan, plans: Iterable[Plan]) -> Plan | None:
    if not plan.family:
        return None
    kin = [other for other in plans if (other.family, other.currency) == (plan.family, plan.currency)]
    shorter = [other for other in kin if other.validity.days < plan.validity.days]
    return max(shorter, key=lambda other: other.validity.days, default=None)


def side_by_side(found: Sequence[Offer]) -> list[Fact]:
    """The same facts of every offer in rows, what is missing as a dash."""
    rows: list[tuple[str, Callable[[Offer], str]]] = [
        (_("Price"), lambda offer: _money(offer.plan.price_minor, offer)),
        (_("Data"), lambda offer: _amount(offer.data)),
        *([(_("At your pace"), lambda offer: offer.at_pace or "–")] if any(offer.at_pace for offer in found) else []),
        (_("per GB"), lambda offer: _money(offer.per_gb_minor, offer)),
        (_("per day"), lambda offer: _money(offer.per_day_minor, offer)),
        (_("Minutes"), lambda offer: _amount(offer.voice)),
        (_("Texts"), lambda offer: _amount(offer.texts)),
        *([(_("When used up"), lambda offer: offer.when_used_up)] if _differ(found) else []),
        (_("Works in"), lambda offer: offer.works_in),
        (_("Runs"), lambda offer: offer.validity),
    ]
    return [Fact(words, [Cell(value(offer), bool(offer.badge)) for offer in found]) for words, value in rows]


def _differ(found: Sequence[Offer]) -> bool:
    return len({offer.when_used_up for offer in found}) > 1


def validity_in_words(plan: Plan) -> str:
    """`for a day`, `for 7 days`, `for a month`, `for 3 months`, `until your plan ends`."""
    if plan.ends == AddOnEnd.WITH_PLAN:
        return _("until your plan ends")
    count = plan.validity_count
    if plan.validity_unit == ValidityUnit.DAY:
        return _("for a day") if count == 1 else ngettext("for %(n)s day", "for %(n)s days", count) % {"n": count}
    return _("for a month") if count == 1 else ngettext("for %(n)s month", "for %(n)s months", count) % {"n": count}


def countries_in_words(count: int) -> str:
    return ngettext("%(count)s country", "%(count)s countries", count) % {"count": wording.count_in_words(count)}


def _money(minor: int | None, offer: Offer) -> str:
    return "–" if minor is None else format_money(minor, offer.plan.currency)


def _amount(amount: PlanAllowance | None) -> str:
    if amount is None:
        return "–"
    if amount.amount is None:
        return _("Unlimited")
    if amount.unit == Unit.DATA:
        return wording.data_in_words(amount.amount)
    return wording.count_in_words(amount.amount // 60 if amount.unit == Unit.VOICE else amount.amount)


def _rounded(minor: Decimal) -> int:
    return int(minor.quantize(Decimal(1), ROUND_HALF_UP))
