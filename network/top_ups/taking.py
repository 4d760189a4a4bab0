"""A sale that a seller tells us of: looked up by its reference, else booked as an order that is paid and applied, all or nothing."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError

from accounts.models import Line
from accounts.models.line import ENDED_STATES
from billing import orders
from billing.from_outside import selling
from billing.from_outside.selling import NeedsPlan, Sale
from billing.orders import LineNotPayable, OtherCurrency, PlanNotOnSale, PriceChanged
from billing.vat import NoVatRate
from lib.money import Money
from lib.transactions import whole
from network.models import ExternalTopUp
from network.top_ups.saying import Fault, Refused, TopUpSaid
from plans.models import Plan

#: A till's clock may be ahead of ours by so much.
_SKEW = timedelta(minutes=5)


class Differs(Exception):
    """The reference stands for something else already; nothing changed."""


@dataclass(frozen=True)
class Taken:
    """What stands under the reference, and whether it is new."""

    top_up: ExternalTopUp
    is_new: bool


def take(said: TopUpSaid, *, source: str, now: datetime) -> Taken:
    """Book `said` once, however often and however many at once tell it. Raises Refused, Differs."""
    if known := _known(said, source):
        return known
    _check_moment(said.paid_at, now=now)
    line, plan = _line(said.msisdn), _plan(said.plan)
    try:
        return _take(said, line, plan, source=source, now=now)
    except IntegrityError:
        if known := _known(said, source):  # told of another number at the same moment, and that was first
            return known
        raise


@whole
def _take(said: TopUpSaid, line: Line, plan: Plan | None, *, source: str, now: datetime) -> Taken:
    """Locks: line, credit (docs/locking.md)."""
    locked = orders.lock_line(line.pk)
    if known := _known(said, source):
        return known
    _check_line(locked)
    _check_amount(said, plan)
    paid = Money(said.amount_minor, said.currency)
    sale = Sale(source=source, line=locked, paid=paid, paid_at=said.paid_at, plan=plan, place=said.place)
    try:
        order = selling.sell(sale, now=now)
    except tuple(_FAULTS) as error:
        raise Refused(_fault(error)) from error
    top_up = ExternalTopUp.objects.create(source=source, order=order, received_at=now, **asdict(said))
    return Taken(top_up, is_new=True)


def _known(said: TopUpSaid, source: str) -> Taken | None:
    """Raises Differs."""
    found = ExternalTopUp.objects.filter(source=source, reference=said.reference).select_related("order").first()
    if found is None:
        return None
    if any(getattr(found, name) != value for name, value in asdict(said).items()):
        raise Differs
    return Taken(found, is_new=False)


def _check_moment(paid_at: datetime, *, now: datetime) -> None:
    if paid_at > now + _SKEW:
        raise Refused(Fault("paid_at", "future"))
    if paid_at < now - timedelta(days=settings.TOP_UP_OLDEST_DAYS):
        raise Refused(Fault("paid_at", "too_old", str(settings.TOP_UP_OLDEST_DAYS)))


def _line(msisdn: str) -> Line:
    lines = Line.objects.filter(msisdn=msisdn)
    if line := lines.live().first():
        return line
    raise Refused(Fault("number", "closed_line" if lines.exists() else "unknown_number"))


def _check_line(line: Line) -> None:
    """Read under its lock: what it was a moment ago does not count."""
    if line.state in ENDED_STATES:
        raise Refused(Fault("number", "closed_line"))


def _plan(code: str) -> Plan | None:
    if not code:
        return None
    plan = Plan.objects.select_related("zone").filter(code=code).first()
    if plan is None:
        raise Refused(Fault("plan", "unknown_plan"))
    return plan


def _check_amount(said: TopUpSaid, plan: Plan | None) -> None:
    """A plan has its own price; credit is sold within bounds."""
    least, most = settings.TOP_UP_BOUNDS_MINOR
    if plan is None and not least <= said.amount_minor <= most:
        raise Refused(Fault("amount_minor", "out_of_bounds", f"{least}-{most}"))


_FAULTS: dict[type[Exception], tuple[str, str]] = {
    LineNotPayable: ("number", "not_payable"),
    OtherCurrency: ("currency", "other_currency"),
    PlanNotOnSale: ("plan", "not_sold"),
    NoVatRate: ("plan", "not_sold"),
    NeedsPlan: ("plan", "needs_plan"),
    PriceChanged: ("amount_minor", "price"),
}


def _fault(error: Exception) -> Fault:
    field, code = _FAULTS[type(error)]
    price = error.price if isinstance(error, PriceChanged) else None
    return Fault(field, code, f"{price.minor} {price.currency}" if price else "")
