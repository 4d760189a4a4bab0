"""What would be given back for an order now, and how that is counted: docs/money.md, "Withdrawal and refund".

The consumer pays for what was provided until the withdrawal, in proportion: Directive 2011/83/EU, Article 14(3).
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Any

from django.db.models import Q, Sum

from billing import ledger
from billing.models import Method, Order, OrderState, OrderWhat, RefundRequestState
from lib.money import Money
from plans.models import PlanPeriod
from plans.taking_back import period_of


class Rule(StrEnum):
    """Why it is that much."""

    NOT_BEGUN = "not_begun"
    NO_CONSENT = "no_consent"
    IN_PROPORTION = "in_proportion"
    UNSPENT = "unspent"
    NOTHING_LEFT = "nothing_left"


@dataclass(frozen=True)
class Share:
    """What is left of one thing: `what` is `time` (seconds) or an allowance's unit (bytes, seconds, messages)."""

    what: str
    left: int
    whole: int

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.left, self.whole)


@dataclass(frozen=True, kw_only=True)
class Quote:
    """`amount` of `price` would go back; `shares`: what was compared, the smallest counts; `before_minor`: given back earlier."""

    amount: Money
    price: Money
    rule: Rule
    shares: list[Share] = field(default_factory=list)
    before_minor: int = 0

    @property
    def smallest(self) -> Share | None:
        return min(self.shares, key=lambda share: share.fraction, default=None)

    def as_formula(self) -> dict[str, Any]:
        """For `RefundRequest.formula`."""
        return {
            "rule": self.rule.value,
            "shares": [asdict(share) for share in self.shares],
            "before": self.before_minor,
        }


def quote(order: Order, *, now: datetime) -> Quote:
    """What the rules give back for `order` at `now`; nothing for one that is not applied. `order.line` is read."""
    before_minor = given_back_minor(order)
    price = order.price
    if order.state != OrderState.APPLIED:
        return Quote(amount=Money(0, price.currency), price=price, rule=Rule.NOTHING_LEFT, before_minor=before_minor)
    rule, shares = _counted(order, now=now)
    due = price.minor
    if rule == Rule.UNSPENT:
        due = min(due, ledger.credit_of(order.line)[0].minor)
    elif rule == Rule.IN_PROPORTION:
        due = ceil(price.minor * min(share.fraction for share in shares))
    elif rule == Rule.NOTHING_LEFT:
        due = 0
    amount_minor = max(0, min(due, price.minor - before_minor))
    rule = rule if amount_minor else Rule.NOTHING_LEFT
    return Quote(
        amount=Money(amount_minor, price.currency), price=price, rule=rule, shares=shares, before_minor=before_minor
    )


def is_unused(order: Order) -> bool:
    """Whether nothing of what was bought has been spent or used: all of the sum is credit still, or nothing of the plan is used."""
    if order.what == OrderWhat.TOP_UP:
        return ledger.credit_of(order.line)[0].minor >= order.price_minor
    period = period_of(order.subject)
    return period is not None and not period.allowances.filter(Q(used__gt=0) | Q(gifted__gt=0)).exists()


def given_back_minor(order: Order) -> int:
    """What of the sale has been taken back already, in minor units."""
    granted = order.refund_requests.filter(state=RefundRequestState.GRANTED)
    total: int = granted.aggregate(total=Sum("amount_minor", default=0))["total"]
    return total


def leaves_gifts_paid(order: Order, period: PlanPeriod) -> bool:
    """Whether what of the price is not given back pays for what was given on to others. `order` and what goes back are written."""
    allowances = period.allowances.filter(gifted__gt=0)
    back_minor = given_back_minor(order)
    return all(
        back_minor <= ceil(order.price_minor * Fraction(row.granted - row.gifted, row.granted))
        for row in allowances
        if row.granted
    )


def _counted(order: Order, *, now: datetime) -> tuple[Rule, list[Share]]:
    if order.what == OrderWhat.TOP_UP:
        return Rule.UNSPENT, []
    period = period_of(order.subject)
    if period is None:
        return Rule.NOTHING_LEFT, []
    if period.starts_at > now:
        return Rule.NOT_BEGUN, []
    if order.method != Method.EXTERNAL and not order.consents.get("start_at_once"):
        return Rule.NO_CONSENT, []
    return Rule.IN_PROPORTION, _shares(period, now=now)


def _shares(period: PlanPeriod, *, now: datetime) -> list[Share]:
    whole = int((period.ends_at - period.starts_at).total_seconds())
    left = max(0, int((period.ends_at - now).total_seconds()))
    limited = period.allowances.exclude(granted=None).exclude(granted=0).order_by("unit")
    return [
        Share("time", left, whole),
        *(Share(row.unit, row.granted - row.used - row.gifted, row.granted) for row in limited if row.granted),
    ]
