"""One reminder to somebody who chose bank transfer and has not sent it: after three days, or a day before the plan ends."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from billing import orders, telling
from billing.journal import Journal
from billing.models import Order, OrderEvent, OrderState, Payment, PaymentState, PaymentWay, TransferAccount
from lib.transactions import whole
from plans.models import PlanKind, PlanPeriod

AFTER = timedelta(days=3)
#: Before the plan ends; earlier than that nobody is reminded of what they have chosen since.
BEFORE_END = timedelta(days=1)
BATCH = 200
_TOLD = ("transfer_reminded", "transfer_short")


def remind(*, now: datetime) -> int:
    """Tell everybody whose transfer is overdue and who was not told yet. Returns how many."""
    found = _due(now=now).values_list("pk", "order_id", "order__line_id")
    return sum(_remind(*ids, now=now) for ids in found[:BATCH])


def _due(*, now: datetime) -> QuerySet[Payment]:
    """Transfers that are awaited, of which nothing came and nobody was reminded."""
    awaited_at = OrderEvent.objects.filter(order=OuterRef("order"), kind="transfer_awaited").order_by("-at")
    told = OrderEvent.objects.filter(order=OuterRef("order"), kind__in=_TOLD)
    came = TransferAccount.objects.filter(
        subscriber=OuterRef("order__buyer"), currency=OuterRef("currency"), available_minor__gt=0
    )
    last = PlanPeriod.objects.standing().filter(line=OuterRef("order__line"), kind=PlanKind.PLAN)
    waiting = Payment.objects.filter(
        way=PaymentWay.TRANSFER, state=PaymentState.OPEN, order__state=OrderState.PENDING
    ).annotate(
        awaited_at=Subquery(awaited_at.values("at")[:1]),
        plan_ends_at=Subquery(last.order_by("-ends_at").values("ends_at")[:1]),
    )
    is_overdue = Q(awaited_at__lte=now - AFTER)
    ends_soon = Q(plan_ends_at__gt=now, plan_ends_at__lte=now + BEFORE_END, awaited_at__lte=now - BEFORE_END)
    return waiting.filter(is_overdue | ends_soon).exclude(Exists(told)).exclude(Exists(came)).order_by("created_at")


@whole
def _remind(payment_id: UUID, order_id: UUID, line_id: UUID, *, now: datetime) -> bool:
    line, order = orders.lock(order_id, line_id=line_id)
    payment = Payment.objects.select_for_update(no_key=True, of=("self",)).get(pk=payment_id)
    if order.state != OrderState.PENDING or payment.state != PaymentState.OPEN or _was_told(order):
        return False
    order.line = line
    journal = Journal(order, now)
    journal.note("transfer_reminded", actor="system")
    telling.transfer_reminder(journal, payment)
    journal.write()
    return True


def _was_told(order: Order) -> bool:
    return order.events.filter(kind__in=_TOLD).exists()
