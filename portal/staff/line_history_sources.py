"""Where what happened to a line is written, room by room: its moments and whose they are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.models import Line, LineClaim, LineOwnership, Sim, SimDeed, SimEvent, SimSwap
from billing.models import (
    Adjustment,
    AutoRenew,
    AutoTopUp,
    AutoTopUpRun,
    Dispute,
    LedgerEntry,
    Order,
    OrderEvent,
    Payment,
    PaymentAttempt,
    Payout,
    QueueChange,
    Receipt,
    Refund,
    RefundRequest,
    Renewal,
    ReviewItem,
    TopUpLink,
    Voucher,
)
from lib.models import Audit
from notifications.models import Message
from plans.models import Allowance, AllowanceGift, PlanPeriod
from provisioning.models import Command
from support.models import Ticket


@dataclass(frozen=True)
class Source:
    """One kind of moment: `at` of those rows of `model` that belong to a line."""

    kind: str
    model: type[Model]
    at: str
    of: Callable[[Line, datetime], Q]
    related: tuple[str, ...] = ()


def _by(path: str, **more: Any) -> Callable[[Line, datetime], Q]:
    return lambda line, _now: Q(**{path: line.pk}, **more)


def _set(path: str, at: str) -> Callable[[Line, datetime], Q]:
    """Of the line, and the moment has come."""
    return lambda line, now: Q(**{path: line.pk, f"{at}__lte": now})


def _told(name: str, ids: Callable[[Line], QuerySet[Any]]) -> Callable[[Line, datetime], Q]:
    """Messages about `name:<id>` of these ids."""
    return lambda line, _now: Q(
        subject__in=ids(line)
        .order_by()
        .annotate(named=Concat(Value(f"{name}:"), Cast("pk", CharField()), output_field=CharField()))
        .values("named")
    )


#: What messages are about, by the name in their subject.
_TOLD: dict[str, Callable[[Line], QuerySet[Any]]] = {
    "line": lambda line: Line.objects.filter(pk=line.pk),
    "order": lambda line: Order.objects.filter(line=line),
    "period": lambda line: PlanPeriod.objects.filter(line=line),
    "claim": lambda line: LineClaim.objects.filter(line=line),
    "adjustment": lambda line: Adjustment.objects.filter(line=line),
    "payout": lambda line: Payout.objects.filter(line=line),
    "queue_change": lambda line: QueueChange.objects.filter(line=line),
    "gift": lambda line: AllowanceGift.objects.filter(Q(from_line=line) | Q(to_line=line)),
    "allowance": lambda line: Allowance.objects.filter(line=line, period=None),
    "receipt": lambda line: Receipt.objects.filter(order__line=line),
    "ticket": lambda line: Ticket.objects.filter(line=line),
}
#: What happens to a SIM beside coming and going, which its own dates say.
_DEEDS = (SimDeed.BLOCKED, SimDeed.UNBLOCKED, SimDeed.PUK_SHOWN, SimDeed.CODE_SHOWN)


def _sources() -> list[Source]:
    order = ("order__plan", "order__line")
    return [
        Source("orders", OrderEvent, "at", _by("order__line_id"), order),
        Source("payments", Payment, "created_at", _by("order__line_id"), order),
        Source("payments", PaymentAttempt, "asked_at", _by("payment__order__line_id"), ("payment__order", "method")),
        *_of_standing_orders(),
        Source("money", LedgerEntry, "event_at", _by("order__line_id"), ("source", "target")),
        Source("money", LedgerEntry, "event_at", _by("source__line_id"), ("source", "target")),
        Source("money", LedgerEntry, "event_at", _by("target__line_id"), ("source", "target")),
        Source("plans", PlanPeriod, "created_at", _by("line_id"), ("plan",)),
        Source("plans", PlanPeriod, "starts_at", _set("line_id", "starts_at"), ("plan",)),
        Source("plans", PlanPeriod, "ends_at", _set("line_id", "ends_at"), ("plan",)),
        Source("plans", PlanPeriod, "cancelled_at", _set("line_id", "cancelled_at"), ("plan",)),
        *_of_gifts(),
        *(Source("messages", Message, "created_at", _told(name, ids)) for name, ids in _TOLD.items()),
        *_of_the_network(),
        Source("ownership", LineOwnership, "from_at", _by("line_id"), ("subscriber",)),
        Source("ownership", LineOwnership, "until_at", _set("line_id", "until_at"), ("subscriber",)),
        Source("ownership", LineClaim, "opened_at", _by("line_id"), ("subscriber",)),
        Source("ownership", LineClaim, "vetoed_at", _set("line_id", "vetoed_at"), ("subscriber",)),
        Source("ownership", LineClaim, "granted_at", _set("line_id", "granted_at"), ("subscriber",)),
        *_of_sims(),
        Source("ownership", Line, "state_since", _by("pk")),
        Source("adjustments", Adjustment, "asked_at", _by("line_id")),
        Source("adjustments", Adjustment, "decided_at", _by("line_id", needs_second=True, decided_at__isnull=False)),
        Source("vouchers", Voucher, "redeemed_at", _by("order__line_id"), ("batch",)),
        Source("payouts", Payout, "asked_at", _by("line_id")),
        Source("payouts", Payout, "approved_at", _by("line_id", approved_at__isnull=False)),
        Source("payouts", Payout, "ended_at", _by("line_id", ended_at__isnull=False)),
        Source("refunds", RefundRequest, "asked_at", _by("order__line_id"), ("order",)),
        Source("refunds", RefundRequest, "decided_at", _by("order__line_id", decided_at__isnull=False), ("order",)),
        Source("refunds", Refund, "created_at", _by("payment__order__line_id"), ("payment__order",)),
        *_of_disputes(),
        *_of_the_queue(),
        *_of_what_waits(),
        Source("receipts", Receipt, "issued_at", _by("order__line_id"), ("order",)),
        Source("staff", Audit, "at", _by("line_id")),
    ]


def _of_disputes() -> list[Source]:
    return [
        Source("disputes", Dispute, "opened_at", _by("payment__order__line_id")),
        Source("disputes", Dispute, "withdrawn_at", _by("payment__order__line_id", withdrawn_at__isnull=False)),
        Source("disputes", Dispute, "ended_at", _by("payment__order__line_id", ended_at__isnull=False)),
    ]


def _of_what_waits() -> list[Source]:
    return [
        Source("reviews", ReviewItem, "opened_at", _by("order__line_id")),
        Source("reviews", ReviewItem, "closed_at", _by("order__line_id", closed_at__isnull=False)),
        Source("tickets", Ticket, "opened_at", _by("line_id")),
    ]


def _of_the_queue() -> list[Source]:
    return [
        Source("queue", QueueChange, "asked_at", _by("line_id"), ("order", "plan")),
        Source("queue", QueueChange, "ended_at", _by("line_id", ended_at__isnull=False), ("order", "plan")),
    ]


def _of_gifts() -> list[Source]:
    """Data given, and data received: each side has its own moments of it."""
    lines = ("from_line", "to_line")
    return [
        Source("plans", AllowanceGift, at, _set(side, at), lines)
        for at in ("given_at", "undone_at", "forfeited_at")
        for side in ("from_line_id", "to_line_id")
    ]


def _of_sims() -> list[Source]:
    return [
        Source("ownership", Sim, "from_at", _by("line_id")),
        Source("ownership", Sim, "until_at", _set("line_id", "until_at")),
        Source("ownership", SimEvent, "at", _by("sim__line_id", deed__in=_DEEDS), ("sim",)),
        Source("ownership", SimSwap, "asked_at", _by("line_id")),
        Source("ownership", SimSwap, "ended_at", _by("line_id", ended_at__isnull=False)),
    ]


def _of_the_network() -> list[Source]:
    return [
        Source("network", Command, "created_at", _by("line_id")),
        Source("network", Command, "accepted_at", _by("line_id", accepted_at__isnull=False)),
    ]


def _of_standing_orders() -> list[Source]:
    run = ("order", "auto_renew__plan")
    return [
        Source("standing", AutoRenew, "on_at", _by("line_id"), ("plan",)),
        Source("standing", AutoRenew, "off_at", _by("line_id", off_at__isnull=False), ("plan",)),
        Source("standing", Renewal, "created_at", _by("line_id"), run),
        Source("standing", Renewal, "ended_at", _by("line_id", ended_at__isnull=False), run),
        Source("standing", AutoTopUp, "on_at", _by("line_id")),
        Source("standing", AutoTopUp, "off_at", _by("line_id", off_at__isnull=False)),
        Source("links", TopUpLink, "made_at", _by("line_id")),
        Source("links", TopUpLink, "revoked_at", _by("line_id", revoked_at__isnull=False)),
        Source("standing", AutoTopUpRun, "created_at", _by("line_id"), ("order", "auto_top_up")),
        Source("standing", AutoTopUpRun, "ended_at", _by("line_id", ended_at__isnull=False), ("order", "auto_top_up")),
    ]


SOURCES = _sources()
