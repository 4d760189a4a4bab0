"""Which plan auto-renew buys next, changed until the money is taken; and changed back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import Line, Subscriber
from billing import orders
from billing.models import UNDO_FOR, AutoRenew
from billing.queued.limits import CannotBeChanged, Why
from billing.standing import auto_renew
from billing.standing.auto_renew import Outlook, RenewWish
from lib.transactions import whole
from plans.models import Plan


def can_change(outlook: Outlook, *, now: datetime) -> bool:
    """Whether its plan can still be changed: nothing is being paid at this moment."""
    return not outlook.state and (outlook.cut_off is None or now < outlook.cut_off)


def former(line: Line, subscriber: Subscriber, *, now: datetime) -> AutoRenew | None:
    """What was on until a few minutes ago, when another plan was chosen instead."""
    replaced = AutoRenew.objects.filter(
        line=line, subscriber=subscriber, off_reason="replaced", off_at__gt=now - UNDO_FOR, off_at__lte=now
    )
    last = replaced.select_related("plan").order_by("-off_at", "-pk").first()
    on = AutoRenew.objects.filter(line=line, subscriber=subscriber, off_at=None).first()
    return last if last and on and on.on_at == last.off_at and on.plan_id != last.plan_id else None


@whole
def change_plan(
    *,
    line: Line,
    subscriber: Subscriber,
    plan: Plan,
    shown_price_minor: int,
    consents: Mapping[str, Any],
    now: datetime,
) -> AutoRenew:
    """From now on `plan` is bought, paid as before. A second click changes nothing.

    Raises CannotBeChanged, billing.standing.auto_renew.CannotBeSwitchedOn.
    """
    return _switch(orders.lock_line(line.pk), subscriber, plan, shown_price_minor, consents, now=now)


@whole
def undo(*, line: Line, subscriber: Subscriber, now: datetime) -> AutoRenew:
    """Back to the plan and the price from before. Raises CannotBeChanged, billing.standing.auto_renew.CannotBeSwitchedOn."""
    locked = orders.lock_line(line.pk)
    before = former(locked, subscriber, now=now)
    if before is None:
        raise CannotBeChanged(Why.TOO_LATE)
    return _switch(locked, subscriber, before.plan, before.price_minor, before.consents, now=now)


def _switch(
    line: Line, subscriber: Subscriber, plan: Plan, price_minor: int, consents: Mapping[str, Any], *, now: datetime
) -> AutoRenew:
    outlook = auto_renew.outlook(line, now=now)
    if outlook is None or outlook.auto_renew.subscriber_id != subscriber.pk:
        raise CannotBeChanged(Why.GONE)
    if not can_change(outlook, now=now):
        raise CannotBeChanged(Why.TOO_LATE)
    on = outlook.auto_renew
    wish = RenewWish(
        line=line,
        subscriber=subscriber,
        plan=plan,
        method=on.method,
        backup=on.backup,
        uses_credit=on.uses_credit,
        shown_price_minor=price_minor,
        consents=consents,
    )
    return auto_renew.switch_on_locked(wish, line, now=now)
