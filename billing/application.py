"""Applying an order: what was held is earned, and what was bought is given."""

from datetime import datetime

from billing import ledger, telling
from billing.giving_back import clawback
from billing.journal import Journal
from billing.ledger import Posting
from billing.models import (
    AccountKind,
    EntryKind,
    Method,
    Order,
    OrderState,
    OrderWhat,
    ReviewKind,
    Start,
    VoucherNature,
)
from lib.failpoints import failpoint
from plans import life, periods, reminders
from plans.models import Plan, PlanKind, PlanPeriod


def pots_of(order: Order) -> tuple[AccountKind, ...]:
    """The accounts that applying the order moves money between."""
    if order.what == OrderWhat.TOP_UP:
        return (AccountKind.HELD, _credit_of(order)[1])
    return (AccountKind.HELD, AccountKind.SALES, AccountKind.VAT)


def _credit_of(order: Order) -> tuple[EntryKind, AccountKind]:
    """As what a top-up is booked, and where to: the worth of a voucher that was given away is bonus."""
    if order.method == Method.VOUCHER and order.voucher.batch.nature != VoucherNature.SOLD:
        return EntryKind.BONUS, AccountKind.CREDIT_BONUS
    return EntryKind.TOP_UP, AccountKind.CREDIT_PAID


def obstacle(order: Order, *, now: datetime) -> ReviewKind | None:
    """Why an order that is paid in full cannot be applied; None when it can."""
    if not order.line.is_payable:
        return ReviewKind.NOT_APPLICABLE
    if order.state == OrderState.EXPIRED and order.plan and not _still_sold(order, order.plan, now=now):
        return ReviewKind.LATE
    if (
        order.plan
        and order.plan.kind == PlanKind.ADD_ON
        and not periods.fits(plan=order.plan, line=order.line, now=now)
    ):
        return ReviewKind.NOT_APPLICABLE
    return None


def _still_sold(order: Order, plan: Plan, *, now: datetime) -> bool:
    same_price = (plan.price_minor, plan.currency) == (order.price_minor, order.currency)
    return same_price and Plan.objects.on_sale(now).filter(pk=plan.pk).exists()


def apply(journal: Journal) -> None:
    """Give what was bought; the caller holds line and order locked, the price is held, and `obstacle` found none."""
    order, now = journal.order, journal.now
    if order.state != OrderState.REVIEW:
        order.move_to(OrderState.PAID, paid_at=order.paid_at or now)
    _earn(journal)
    failpoint("apply.earned")
    period = _give(order, now=now)
    order.move_to(OrderState.APPLIED, applied_at=now, paid_at=order.paid_at or now)
    journal.note("applied", actor="system", **_given(period))
    telling.applied(journal, period)


def _earn(journal: Journal) -> None:
    order = journal.order
    pots = ledger.pots(*pots_of(order), currency=order.currency, line=order.line, known=journal.pots)
    if order.what == OrderWhat.TOP_UP:
        parts = [(*_credit_of(order), order.price_minor)]
    else:
        parts = [
            (EntryKind.SALE, AccountKind.SALES, order.net_minor),
            (EntryKind.VAT, AccountKind.VAT, order.vat_minor),
        ]
    ledger.post_all(
        [
            Posting(
                kind=kind,
                source=pots[AccountKind.HELD],
                target=pots[target],
                amount_minor=amount_minor,
                key=f"order:{order.pk}:apply:{kind}",
                event_at=journal.now,
                actor="system",
                order=order,
            )
            for kind, target, amount_minor in parts
            if amount_minor
        ]
    )


def _give(order: Order, *, now: datetime) -> PlanPeriod | None:
    if order.plan is None:
        clawback.pay_owed(order, now=now)
        life.topped_up(order.line, now=now)
        return None
    give = {
        PlanKind.ADD_ON: periods.add_on,
        Start.NOW: periods.start_now,
        Start.QUEUE: periods.queue,
    }[PlanKind.ADD_ON if order.plan.kind == PlanKind.ADD_ON else Start(order.start)]
    period = give(line=order.line, plan=order.plan, now=now, origin=order.subject, grants=order.grants, is_locked=True)
    if order.plan.kind == PlanKind.PLAN:
        reminders.withdraw(order.line)
    return period


def _given(period: PlanPeriod | None) -> dict[str, str]:
    if period is None:
        return {}
    return {"starts_at": period.starts_at.isoformat(), "ends_at": period.ends_at.isoformat()}
