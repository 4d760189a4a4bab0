"""Auto-renew of a line: switched on and off by its owner, and what it will do next, for every page that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.urls import reverse

from accounts import hold
from accounts.models import Line, LineOwnership, Subscriber
from billing.giving_back import withdrawal
from billing.models import OPEN_RUN_STATES, AutoRenew, Order, PaymentMethod, RefundRequest, Renewal, RunState
from lib.brand import brand
from lib.money import Money
from lib.rows import write
from lib.transactions import whole
from plans.models import Plan, PlanKind, PlanPeriod

#: A plan is paid this long before it ends, or a tenth of its time if that is less.
LONGEST_LEAD = timedelta(hours=24)
#: Shorter plans are paid when they end.
SHORT = timedelta(days=7)
_ORDER = "order:"


class CannotBeSwitchedOn(Exception):
    """`reason`: not_owner, not_payable, not_sold, currency, method, hold, price."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class RenewWish:
    """What a line's owner confirmed. `shown_price_minor` is the price on the button; without a `method` credit alone pays."""

    line: Line
    subscriber: Subscriber
    plan: Plan
    method: PaymentMethod | None
    backup: PaymentMethod | None = None
    uses_credit: bool = False
    shown_price_minor: int
    consents: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What comes next. `renews_at`: the end of what is paid; `cut_off`: when the money is taken, until then it can be switched off;
    both None when no plan runs. `state` is the open renewal's, empty when all is in order, and `repair_url` the page that helps.
    `price` is what will be taken, `new_price` another that is good from `new_from` on. `obstacle`: why nothing will be renewed as things
    are (plan_gone, price), else empty.
    """

    auto_renew: AutoRenew
    plan: Plan
    price: Money
    renews_at: datetime | None
    cut_off: datetime | None
    method_label: str
    backup_label: str
    state: str
    repair_url: str
    obstacle: str = ""
    new_price: Money | None = None
    new_from: datetime | None = None


def lead(starts_at: datetime, ends_at: datetime) -> timedelta:
    """How long before its end the plan period after this one is paid: nothing for short ones, unless the brand says so."""
    length = ends_at - starts_at
    is_at_the_end = length < SHORT and not brand().short_plans_ahead
    return timedelta(0) if is_at_the_end else min(LONGEST_LEAD, length / 10)


@whole
def switch_on(wish: RenewWish, *, now: datetime) -> AutoRenew:
    """From now on the plan follows by itself whenever what is paid ends. A second click finds it on; other ways to pay are swapped, another
    plan or price is another row. Raises CannotBeSwitchedOn.
    """
    return switch_on_locked(
        wish, Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=wish.line.pk), now=now
    )


def switch_on_locked(wish: RenewWish, line: Line, *, now: datetime) -> AutoRenew:
    """`switch_on` as part of a larger transaction, whose caller holds `line` locked. Raises CannotBeSwitchedOn."""
    _check(wish, line, now=now)
    backup = wish.backup if wish.backup != wish.method else None
    on = AutoRenew.objects.select_for_update(no_key=True, of=("self",)).filter(line=line, off_at=None).first()
    if on and (on.subscriber_id, on.plan_id, on.price_minor) == _asked(wish):
        on.method, on.backup, on.uses_credit = wish.method, backup, wish.uses_credit
        write(on, "method", "backup", "uses_credit")
        return on
    if on:
        _off(on, reason="replaced", by=f"subscriber:{wish.subscriber.pk}", now=now)
    return AutoRenew.objects.create(
        line=line,
        subscriber=wish.subscriber,
        plan=wish.plan,
        method=wish.method,
        backup=backup,
        uses_credit=wish.uses_credit,
        price_minor=wish.shown_price_minor,
        currency=wish.plan.currency,
        consents=dict(wish.consents),
        on_at=now,
    )


def _asked(wish: RenewWish) -> tuple[int, int, int]:
    """What makes it the same standing order."""
    return wish.subscriber.pk, wish.plan.pk, wish.shown_price_minor


def _check(wish: RenewWish, line: Line, *, now: datetime) -> None:
    """Raises CannotBeSwitchedOn."""
    subscriber, plan = wish.subscriber, wish.plan
    if not LineOwnership.objects.filter(line=line, subscriber=subscriber, until_at=None).exists():
        raise CannotBeSwitchedOn("not_owner")
    if not line.is_payable:
        raise CannotBeSwitchedOn("not_payable")
    if plan.kind != PlanKind.PLAN or not Plan.objects.on_sale(now).filter(pk=plan.pk).exists():
        raise CannotBeSwitchedOn("not_sold")
    if plan.currency != line.currency:
        raise CannotBeSwitchedOn("currency")
    if not can_pay(wish):
        raise CannotBeSwitchedOn("method")
    if hold.until(subscriber):
        raise CannotBeSwitchedOn("hold")
    if plan.price_minor != wish.shown_price_minor:
        raise CannotBeSwitchedOn("price")


def can_pay(wish: RenewWish) -> bool:
    """Whether there is something to pay with, and all of it is usable."""
    ways = [way for way in (wish.method, wish.backup) if way is not None]
    return (wish.method is not None or wish.uses_credit) and all(is_usable(way, wish.subscriber) for way in ways)


def is_usable(method: PaymentMethod, subscriber: Subscriber) -> bool:
    """Whether it is theirs and can be paid with now; read anew."""
    return PaymentMethod.objects.filter(pk=method.pk, subscriber=subscriber, ended_at=None).exists()


@whole
def switch_off(*, auto_renew: AutoRenew, by: str, now: datetime) -> PlanPeriod | None:
    """Nothing more is taken. Returns the period that auto-renew has paid already and that has not begun, if any: it may be cancelled
    with `cancel_next`. A second click changes nothing.
    """
    Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=auto_renew.line_id)
    locked = AutoRenew.objects.select_for_update(no_key=True, of=("self",)).get(pk=auto_renew.pk)
    if locked.is_on:
        _off(locked, reason="by_owner", by=by, now=now)
    return paid_next(locked, now=now)


def _off(on: AutoRenew, *, reason: str, by: str, now: datetime) -> None:
    on.off_at, on.off_reason, on.off_by = now, reason, by[:60]
    write(on, "off_at", "off_reason", "off_by")


def paid_next(auto_renew: AutoRenew, *, now: datetime) -> PlanPeriod | None:
    """The period that was paid by auto-renew and has not begun."""
    orders = Renewal.objects.filter(auto_renew=auto_renew, state=RunState.DONE, order__isnull=False)
    origins = [f"{_ORDER}{order_id}" for order_id in orders.values_list("order_id", flat=True)[:3]]
    queued = PlanPeriod.objects.queued(now).filter(line_id=auto_renew.line_id, origin__in=origins)
    return queued.select_related("plan").order_by("starts_at").first()


def cancel_next(*, auto_renew: AutoRenew, by: Subscriber, now: datetime) -> RefundRequest | None:
    """Cancel the paid period that has not begun; its whole price goes back the way it came. None when there is none any more.

    Raises withdrawal.TooLate, withdrawal.SumChanged once it has begun, refund_requests.NothingLeft, refund_requests.DisputeOpen.
    """
    period = paid_next(auto_renew, now=now)
    if period is None:
        return None
    order = Order.objects.select_related("line", "plan", "buyer").get(pk=period.origin.removeprefix(_ORDER), buyer=by)
    return withdrawal.withdraw(order, subscriber=by, shown_minor=order.price_minor, now=now)


def outlook(line: Line, *, now: datetime) -> Outlook | None:
    """What auto-renew of the line will do next, in one statement; None when it is off, or another's who owned the line before."""
    on = _read(line, now=now).first()
    if on is None:
        return None
    starts_at, ends_at = on.last_starts_at, on.last_ends_at  # type: ignore[attr-defined]
    cut_off = ends_at - lead(starts_at, ends_at) if ends_at else None
    is_good = _is_good(on, at=cut_off or now)
    told = Money(on.told_price_minor, on.currency) if on.told_price_minor and not is_good else None
    run_state, order_id = on.run_state or "", on.run_order  # type: ignore[attr-defined]
    return Outlook(
        auto_renew=on,
        plan=on.plan,
        price=on.plan.price if is_good else Money(on.price_minor, on.currency),
        renews_at=ends_at,
        cut_off=cut_off,
        method_label=on.method.label if on.method else "",
        backup_label=on.backup.label if on.backup else "",
        state=run_state,
        repair_url=reverse("order", args=[order_id]) if run_state and order_id else "",
        obstacle=_obstacle(on, is_good=is_good, at=cut_off or now),
        new_price=told,
        new_from=on.told_good_from if told else None,
    )


def _is_good(on: AutoRenew, *, at: datetime) -> bool:
    """Whether what the plan costs now may be taken then: not more than was agreed to, or told early enough."""
    price = on.plan.price_minor
    is_told = on.told_price_minor == price and on.told_good_from is not None and on.told_good_from <= at
    return price <= on.price_minor or is_told


def _obstacle(on: AutoRenew, *, is_good: bool, at: datetime) -> str:
    until = on.plan.on_sale_until
    if until is not None and until <= at:
        return "plan_gone"
    return "" if is_good else "price"


def still_open() -> QuerySet[Renewal]:
    """Runs in which something is left to do. One whose order its owner has paid by hand is over, though nobody has noted it yet."""
    return Renewal.objects.filter(state__in=OPEN_RUN_STATES).exclude(order__applied_at__isnull=False)


def _read(line: Line, *, now: datetime) -> QuerySet[AutoRenew]:
    last = PlanPeriod.objects.standing().filter(line=line, kind=PlanKind.PLAN, ends_at__gt=now).order_by("-ends_at")
    run = still_open().filter(auto_renew=OuterRef("pk")).order_by("-created_at")
    owned = AutoRenew.objects.filter(
        line=line, off_at=None, line__ownerships__subscriber=F("subscriber"), line__ownerships__until_at=None
    )
    return owned.select_related("plan", "method", "backup").annotate(
        last_starts_at=Subquery(last.values("starts_at")[:1]),
        last_ends_at=Subquery(last.values("ends_at")[:1]),
        run_state=Subquery(run.values("state")[:1]),
        run_order=Subquery(run.values("order_id")[:1]),
    )
