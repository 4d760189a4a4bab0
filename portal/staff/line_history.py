"""Everything that happened to a line, from every room, in one list: newest first, by kind, a page at a time.

One statement finds the page's moments among all tables, then one a table reads their rows: the same number however long the list is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, IntegerField, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, LPad
from django.utils.translation import gettext as _

from accounts.models import Line, LineClaim, LineOwnership, Sim
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
from lib.admin import people
from lib.models import Audit
from notifications.models import Message
from plans.models import PlanPeriod
from portal.staff import line_history_words
from portal.staff.line_history_words import Said
from provisioning.models import Command
from support.models import Ticket

PAGE_SIZE = 50
#: Nobody turns so many pages by hand.
LAST_PAGE = 2000


@dataclass(frozen=True)
class Source:
    """One kind of moment: `at` of those rows of `model` that belong to a line."""

    kind: str
    model: type[Model]
    at: str
    of: Callable[[Line, datetime], Q]
    related: tuple[str, ...] = ()


@dataclass(frozen=True)
class Happened:
    """A moment of the line, worded: `by` is who did it, `kind` what it is filed under."""

    at: datetime
    kind: str
    said: Said
    by: str


@dataclass(frozen=True)
class History:
    """A page of it. `kinds`: name, words, and whether it is the one shown."""

    rows: list[Happened]
    kinds: list[tuple[str, str, bool]]
    kind: str
    number: int
    has_next: bool


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


def _sources() -> list[Source]:
    order = ("order__plan", "order__line")
    told = {
        "line": lambda line: Line.objects.filter(pk=line.pk),
        "order": lambda line: Order.objects.filter(line=line),
        "period": lambda line: PlanPeriod.objects.filter(line=line),
        "claim": lambda line: LineClaim.objects.filter(line=line),
        "adjustment": lambda line: Adjustment.objects.filter(line=line),
        "payout": lambda line: Payout.objects.filter(line=line),
        "queue_change": lambda line: QueueChange.objects.filter(line=line),
        "receipt": lambda line: Receipt.objects.filter(order__line=line),
        "ticket": lambda line: Ticket.objects.filter(line=line),
    }
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
        *(Source("messages", Message, "created_at", _told(name, ids)) for name, ids in told.items()),
        *_of_the_network(),
        Source("ownership", LineOwnership, "from_at", _by("line_id"), ("subscriber",)),
        Source("ownership", LineOwnership, "until_at", _set("line_id", "until_at"), ("subscriber",)),
        Source("ownership", LineClaim, "opened_at", _by("line_id"), ("subscriber",)),
        Source("ownership", LineClaim, "vetoed_at", _set("line_id", "vetoed_at"), ("subscriber",)),
        Source("ownership", LineClaim, "granted_at", _set("line_id", "granted_at"), ("subscriber",)),
        Source("ownership", Sim, "from_at", _by("line_id")),
        Source("ownership", Sim, "until_at", _set("line_id", "until_at")),
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


def kinds() -> dict[str, str]:
    """What can be asked for alone, in words."""
    return {
        "orders": _("Orders"),
        "payments": _("Payments"),
        "standing": _("Auto-renew and auto top-up"),
        "links": _("Top-up links"),
        "money": _("Ledger"),
        "plans": _("Plans"),
        "queue": _("Changes of queued plans"),
        "network": _("Network"),
        "messages": _("Messages"),
        "ownership": _("Owner and SIM"),
        "adjustments": _("Adjustments"),
        "vouchers": _("Vouchers"),
        "payouts": _("Pay-outs"),
        "refunds": _("Refunds"),
        "disputes": _("Disputes"),
        "reviews": _("Reviews"),
        "tickets": _("Tickets"),
        "receipts": _("Receipts"),
        "staff": _("Staff"),
    }


def history(line: Line, *, kind: str, page: str, now: datetime) -> History:
    """The page of the line's history; what is asked for in vain shows all of it, or its first page."""
    words = kinds()
    kind = kind if kind in words else ""
    number = min(int(page), LAST_PAGE) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    number = max(number, 1)
    found = _moments(line, kind=kind, number=number, now=now)
    return History(
        rows=_rows(found[:PAGE_SIZE]),
        kinds=[("", _("Everything"), not kind), *((name, words[name], name == kind) for name in words)],
        kind=kind,
        number=number,
        has_next=len(found) > PAGE_SIZE,
    )


def _moments(line: Line, *, kind: str, number: int, now: datetime) -> list[tuple[datetime, int, str]]:
    """Moment, number of its source, and key of its row, one more than fit on the page."""
    chosen = [_keys(source, line, now=now) for source in SOURCES if not kind or source.kind == kind]
    start = (number - 1) * PAGE_SIZE
    first, *others = chosen
    union = first.union(*others) if others else first.distinct()
    return list(union.order_by("-history_at", "-history_place", "-history_key")[start : start + PAGE_SIZE + 1])


def _keys(source: Source, line: Line, *, now: datetime) -> QuerySet[Any, Any]:
    """A row that belongs to the line in two ways is one moment: equal sources share a number."""
    place = next(at for at, other in enumerate(SOURCES) if (other.model, other.at) == (source.model, source.at))
    found: QuerySet[Any, Any] = source.model._default_manager.order_by().filter(source.of(line, now))
    keys: QuerySet[Any, Any] = found.annotate(
        history_at=F(source.at),
        history_place=Value(place, IntegerField()),
        history_key=LPad(Cast("pk", CharField()), 36, Value("0")),
    ).values_list("history_at", "history_place", "history_key")
    return keys


def _rows(found: Iterable[tuple[datetime, int, str]]) -> list[Happened]:
    wanted = [(at, SOURCES[place], SOURCES[place].model._meta.pk.to_python(key)) for at, place, key in found]
    rows = _read(wanted)
    said = [(at, source, line_history_words.say(rows[source.model][key], source.at)) for at, source, key in wanted]
    names = people.names_of(words.actor for _at, _source, words in said)
    return [Happened(at, source.kind, words, names[words.actor]) for at, source, words in said]


def _read(wanted: Iterable[tuple[datetime, Source, Any]]) -> dict[type[Model], dict[Any, Any]]:
    """The rows themselves, one statement a table."""
    keys: dict[type[Model], set[Any]] = {}
    related: dict[type[Model], set[str]] = {}
    for _at, source, key in wanted:
        keys.setdefault(source.model, set()).add(key)
        related.setdefault(source.model, set()).update(source.related)
    return {
        model: model._default_manager.select_related(*sorted(related[model])).in_bulk(keys[model])
        if related[model]
        else model._default_manager.in_bulk(keys[model])
        for model in keys
    }
