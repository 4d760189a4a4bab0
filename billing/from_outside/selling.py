"""A sale outside the portal becomes an order that is paid and applied in one step. What cannot be applied is not booked at all: the
seller has the money still and gives it back over the counter.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Line, LineOwnership, Subscriber
from billing import application, ledger, orders
from billing.journal import Journal
from billing.ledger import Posting
from billing.models import AccountKind, CameBy, EntryKind, Method, Order
from billing.orders import LineNotPayable, OtherCurrency, Payer, PlanNotOnSale, PriceChanged, Wish
from lib.failpoints import failpoint
from lib.money import Money
from plans.models import Plan


class NeedsPlan(Exception):
    """It is an add-on, which goes beside a running plan."""


@dataclass(frozen=True, kw_only=True)
class Sale:
    """What `source` says it sold for `line` at `paid_at`: `plan`, or credit of `paid`. `place`: as the subscriber is told, or nothing."""

    source: str
    line: Line
    paid: Money
    paid_at: datetime
    plan: Plan | None = None
    place: str = ""

    @property
    def actor(self) -> str:
        """As entries and events name the seller."""
        return actor_of(self.source)


def actor_of(source: str) -> str:
    return f"outside:{source}"


def sell(sale: Sale, *, now: datetime) -> Order:
    """The order, paid and applied. The caller's transaction holds the line's row lock and has read the line under it.

    Raises orders.LineNotPayable, OtherCurrency, PlanNotOnSale, PriceChanged, billing.vat.NoVatRate, NeedsPlan.
    """
    order = _order(sale, now=now)
    journal = Journal(order, now)
    journal.note("placed", actor=sale.actor)
    journal.note(
        "paid_outside",
        actor=sale.actor,
        place=sale.place,
        paid_at=sale.paid_at.isoformat(),
        minor=sale.paid.minor,
        currency=sale.paid.currency,
    )
    failpoint("outside.placed")
    _collect(sale, journal)
    failpoint("outside.booked")
    application.apply(journal)
    journal.write()
    return order


def _order(sale: Sale, *, now: datetime) -> Order:
    _check(sale)
    owner = _owner(sale.line)
    wish = Wish(
        line=sale.line,
        buyer=owner,
        payer=None if owner else _nobody(sale.line),
        method=Method.EXTERNAL,
        form_token=uuid.uuid4(),
        shown_price_minor=sale.paid.minor,
        plan=sale.plan,
    )
    order = orders.draw_up(wish, sale.paid, now=now)
    order.came_by = CameBy.OUTSIDE
    order.paid_at = sale.paid_at
    if application.obstacle(order, now=now):
        raise NeedsPlan
    order.save(force_insert=True)
    return order


def _check(sale: Sale) -> None:
    """A plan is sold at the price it has, if it was on sale when it was paid: a shop may tell us days later."""
    if not sale.line.is_payable:
        raise LineNotPayable
    if sale.paid.currency != sale.line.currency:
        raise OtherCurrency
    if sale.plan is None:
        return
    price = Money(sale.plan.price_minor, sale.plan.currency)
    was_sold = Plan.objects.on_sale(sale.paid_at).filter(pk=sale.plan.pk).exists()
    if not was_sold or price.currency != sale.line.currency:
        raise PlanNotOnSale
    if price != sale.paid:
        raise PriceChanged(price)


def _owner(line: Line) -> Subscriber | None:
    """Whose the line is now: the receipt is theirs. A line in stock is nobody's yet."""
    owned = LineOwnership.objects.filter(line=line, until_at=None).select_related("subscriber").first()
    return owned.subscriber if owned else None


def _nobody(line: Line) -> Payer:
    """Whoever put the number's SIM into their phone reads the SMS; there is no address for an e-mail."""
    return Payer(email="", language=line.language, time_zone=line.time_zone)


def _collect(sale: Sale, journal: Journal) -> None:
    order = journal.order
    kinds = {AccountKind.OUTSIDE, *application.pots_of(order)}
    pots = ledger.pots(*kinds, currency=order.currency, line=order.line)
    journal.pots = list(pots.values())
    ledger.post(
        Posting(
            kind=EntryKind.COLLECTED,
            source=pots[AccountKind.OUTSIDE],
            target=pots[AccountKind.HELD],
            amount_minor=order.price_minor,
            key=f"outside:{sale.source}:{order.pk}:collected",
            event_at=sale.paid_at,
            actor=sale.actor,
            order=order,
        )
    )
