"""The ways to pay as a reader chooses between them: what each means, what it costs in time, and which is closed and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.models import Line, Subscriber
from billing import ledger
from billing.models import Method, TransferAccount
from billing.paying import ways_to_pay
from lib.money import Money, format_money
from lib.wording import date_in_words

#: Bank working days a transfer usually takes: one within SEPA (Regulation (EU) No 260/2012), one more for a late order.
_TRANSFER_DAYS = 2
_SATURDAY = 5


@dataclass(frozen=True)
class MethodChoice:
    value: str
    title: str
    aside: str
    says: str
    is_chosen: bool
    is_closed: bool
    warns: str = ""


def choices(
    line: Line, buyer: Subscriber, price: Money, *, chosen: str, now: datetime, ends_at: datetime | None = None
) -> list[MethodChoice]:
    """For the order of a plan: the gateway's ways and the line's credit. `ends_at`: when the running plan ends."""
    paid, bonus = ledger.credit_of(line)
    found = [*_rows(buyer, price, now=now, ends_at=ends_at), _credit(paid + bonus, price)]
    return _with_chosen(found, chosen)


def at_the_gateway(
    buyer: Subscriber, price: Money, *, chosen: str, now: datetime, besides: Sequence[Method] = ()
) -> list[MethodChoice]:
    """The gateway's ways alone, without those in `besides`."""
    rows = [row for row in _rows(buyer, price, now=now, ends_at=None) if row.value not in besides]
    return _with_chosen(rows, chosen)


def values(currency: str) -> list[str]:
    """What a form may be sent with."""
    return [*ways_to_pay.at_the_gateway(currency), Method.CREDIT]


def _with_chosen(rows: list[MethodChoice], chosen: str) -> list[MethodChoice]:
    """The reader's choice if it is open, else the first that is."""
    is_open = [row.value for row in rows if not row.is_closed]
    value = chosen if chosen in is_open else next(iter(is_open), "")
    return [MethodChoice(**{**vars(row), "is_chosen": row.value == value}) for row in rows]


def _rows(buyer: Subscriber, price: Money, *, now: datetime, ends_at: datetime | None) -> list[MethodChoice]:
    makers = {Method.CARD: _card, Method.PAYPAL: _paypal}
    return [
        makers[method]() if method in makers else _transfer(buyer, price, now=now, ends_at=ends_at)
        for method in ways_to_pay.at_the_gateway(price.currency)
    ]


def _row(method: Method, title: str, says: str, *, aside: str = "", warns: str = "") -> MethodChoice:
    return MethodChoice(method.value, title, aside, says, is_chosen=False, is_closed=False, warns=warns)


def _card() -> MethodChoice:
    return _row(Method.CARD, _("Card"), _("On our payment provider’s page; there within seconds."))


def _paypal() -> MethodChoice:
    return _row(Method.PAYPAL, "PayPal", _("You agree at PayPal; there within seconds."))


def _transfer(buyer: Subscriber, price: Money, *, now: datetime, ends_at: datetime | None) -> MethodChoice:
    account = TransferAccount.objects.filter(subscriber=buyer, currency=price.currency).first()
    left = Money(account.available_minor, account.currency) if account else Money(0, price.currency)
    if left.minor and left.minor >= price.minor:
        words = _("%(sum)s of your transfers are unused: nothing more to transfer.") % {"sum": left}
        return _row(Method.TRANSFER, _("Bank transfer"), words, aside=str(left))
    expected = arrival(now)
    says = _("You get our bank details. Usually here by %(day)s.") % {"day": date_in_words(expected, now=now)}
    warns = ""
    if ends_at is not None and ends_at < expected:
        warns = _("Your plan ends before a transfer can arrive. Card and PayPal are there at once.")
    return _row(Method.TRANSFER, _("Bank transfer"), says, warns=warns)


def arrival(now: datetime) -> datetime:
    """When a transfer that is ordered now is usually here: two bank working days later (TARGET closes at weekends)."""
    day, left = now, _TRANSFER_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return day


def _credit(credit: Money, price: Money) -> MethodChoice:
    missing = price.minor - credit.minor
    says = _("Taken at once, no other page.")
    if missing > 0:
        says = _("%(sum)s is missing.") % {"sum": format_money(missing, price.currency)}
    return MethodChoice(Method.CREDIT, _("Credit"), str(credit), says, is_chosen=False, is_closed=missing > 0)
