"""Placing an order: everything that is promised is frozen here."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import Line, Subscriber
from billing import vat
from billing.models import Method, Order, OrderEvent, OrderState, OrderWhat, Start
from lib import clock
from lib.compiled import Compiled, Given
from lib.money import Money
from plans import grants, summary
from plans.models import Plan

#: How long an order waits for its money; a little more than the longest-lived payment page it can have.
PAYABLE_FOR = timedelta(hours=2)


class CannotBeOrdered(Exception):
    """Base of the reasons below; the view words them."""


class PlanNotOnSale(CannotBeOrdered):
    pass


class LineNotPayable(CannotBeOrdered):
    """Blocked, ended, or its owner's identity is still to be proven."""


class OtherCurrency(CannotBeOrdered):
    """A line has one currency for life; only that can be ordered."""


class PriceChanged(CannotBeOrdered):
    """The price on the page is not the price any more; show the new one and ask again."""

    def __init__(self, price: Money) -> None:
        super().__init__(str(price))
        self.price = price


class FormUsed(CannotBeOrdered):
    """The form has been another order already; it must be confirmed anew."""


@dataclass(frozen=True, kw_only=True)
class Payer:
    """Somebody who pays and need not have an account."""

    email: str
    language: str
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody confirmed on the review page. `shown_price_minor` is the sum on the button.

    `payer`: who is told of the money, when it is not the buyer.
    """

    line: Line
    buyer: Subscriber | None
    method: Method
    form_token: UUID
    shown_price_minor: int
    plan: Plan | None = None
    top_up_minor: int = 0
    start: Start = Start.QUEUE
    consents: dict[str, Any] = field(default_factory=dict)
    payer: Payer | None = None

    @property
    def pays(self) -> "Payer | Subscriber":
        """Who is written to about the money. Raises ValueError for nobody."""
        who = self.payer or self.buyer
        if who is None:
            raise ValueError("an order needs a payer")
        return who


def place(wish: Wish, *, now: datetime) -> Order:
    """The order for `wish`; the same form gives the same order however often it is sent.

    Raises PlanNotOnSale, LineNotPayable, OtherCurrency, PriceChanged, FormUsed, billing.vat.NoVatRate.
    """
    if placed := Order.objects.filter(form_token=wish.form_token).first():
        return _same(placed, wish)
    order = _draft(wish, now=now)
    try:
        with transaction.atomic():
            order.save(force_insert=True)
            note(order, "placed", at=now, actor=f"subscriber:{order.buyer_id}")
    except IntegrityError:
        return _same(Order.objects.get(form_token=wish.form_token), wish)
    return order


def _same(placed: Order, wish: Wish) -> Order:
    """`placed`, if it is what `wish` asks for: somebody who went back and chose differently means another order."""
    asked = (
        wish.buyer and wish.buyer.pk,
        wish.line.pk,
        wish.plan and wish.plan.pk,
        wish.method,
        wish.start,
        wish.shown_price_minor,
    )
    if asked != (placed.buyer_id, placed.line_id, placed.plan_id, placed.method, placed.start, placed.price_minor):
        raise FormUsed
    return placed


def _draft(wish: Wish, *, now: datetime) -> Order:
    if not wish.line.is_payable:
        raise LineNotPayable
    price = _plan_price(wish, wish.plan, now=now) if wish.plan else _top_up_price(wish)
    if price.minor != wish.shown_price_minor:
        raise PriceChanged(price)
    return draw_up(wish, price, now=now)


def draw_up(wish: Wish, price: Money, *, now: datetime) -> Order:
    """An order of `wish` at `price`, everything frozen, not saved and nothing checked. Raises billing.vat.NoVatRate."""
    taxed = wish.plan is not None
    parts = (
        vat.split(price.minor, country=wish.line.country, tax_class=_tax_class(wish), on=now.date())
        if taxed
        else vat.untaxed(price.minor)
    )
    return Order(
        line=wish.line,
        buyer=wish.buyer,
        payer_email=wish.pays.email,
        payer_language=wish.pays.language,
        payer_time_zone=wish.pays.time_zone,
        what=OrderWhat.PLAN if wish.plan else OrderWhat.TOP_UP,
        plan=wish.plan,
        start=wish.start,
        method=wish.method,
        price_minor=price.minor,
        currency=price.currency,
        country=wish.line.country,
        vat_percent=parts.percent,
        net_minor=parts.net_minor,
        vat_minor=parts.vat_minor,
        grants=grants.freeze(wish.plan) if wish.plan else [],
        summary=summary.freeze_summary(wish.plan, wish.pays.language, now=now) if wish.plan else {},
        consents=wish.consents,
        form_token=wish.form_token,
        placed_at=now,
        expires_at=clock.real_now() + PAYABLE_FOR,
    )


def _plan_price(wish: Wish, plan: Plan, *, now: datetime) -> Money:
    if not Plan.objects.on_sale(now).filter(pk=plan.pk).exists():
        raise PlanNotOnSale
    if plan.currency != wish.line.currency:
        raise OtherCurrency
    return Money(plan.price_minor, plan.currency)


def _top_up_price(wish: Wish) -> Money:
    if wish.top_up_minor not in settings.CREDIT_TOP_UP_MINOR or wish.method == Method.CREDIT:
        raise CannotBeOrdered
    return Money(wish.top_up_minor, wish.line.currency)


def _tax_class(wish: Wish) -> str:
    return wish.plan.tax_class if wish.plan else "telecom"


class NotWaiting(Exception):
    """The order does not wait for its money any more: it can be neither paid nor cancelled."""


def drop(order: Order, *, now: datetime) -> None:
    """Cancel an order that was placed a moment ago and could not be paid from credit: nothing of it stands anywhere."""
    with transaction.atomic():
        _line, placed = lock(order.pk, line_id=order.line_id)
        if placed.state == OrderState.PENDING:
            placed.move_to(OrderState.CANCELLED)
            note(placed, "cancelled", at=now, actor="system")


_LINE = Compiled(Line.objects.select_for_update(no_key=True, of=("self",)).filter(pk=Given("id")))
_ORDER = Compiled(
    Order.objects.select_for_update(no_key=True, of=("self",))
    .select_related("plan__zone")
    .filter(pk=Given("id"), line_id=Given("line_id"))
)


def lock_line(line_id: UUID) -> Line:
    """The line alone, locked and read anew."""
    return _LINE.one(id=line_id)


def lock(order_id: UUID, *, line_id: UUID) -> tuple[Line, Order]:
    """Line and order, locked in that order; rows are read anew. See docs/locking.md."""
    line = lock_line(line_id)
    return line, _ORDER.one(id=order_id, line_id=line_id)


def expire(order: Order, *, at: datetime) -> None:
    """The time to pay is over. The caller holds the lock and knows that no payment is live."""
    order.move_to(OrderState.EXPIRED)
    note(order, "expired", at=at, actor="system")


def note(order: Order, kind: str, /, *, at: datetime, actor: str, **detail: Any) -> OrderEvent:
    """One more line of the order's history."""
    return OrderEvent.objects.create(order=order, kind=kind, at=at, actor=actor, detail=detail)
