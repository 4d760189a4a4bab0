"""Saved ways to pay among the others that a page offers: first, and without another page to fill in."""

from django.utils.translation import gettext as _

from accounts.models import Subscriber
from billing.forms import saved_value
from billing.models import PAGE_METHODS, PaymentMethod
from billing.paying import ways_to_pay
from billing.paying.method_choices import MethodChoice
from billing.saved_methods import choosing


def usable(buyer: Subscriber, currency: str) -> list[PaymentMethod]:
    """What `buyer` has saved, of the ways that are open for `currency`, the first one first."""
    is_open = {method for method in ways_to_pay.at_the_gateway(currency) if method in PAGE_METHODS}
    return [method for method in choosing.saved(buyer) if method.way in is_open]


def before(rows: list[MethodChoice], buyer: Subscriber, currency: str, *, chosen: str) -> list[MethodChoice]:
    """The saved ones in front of `rows`; the first is chosen unless the reader has chosen."""
    ways = usable(buyer, currency)
    if not ways:
        return rows
    picked = chosen or saved_value(ways[0])
    saved = [_row(method, is_chosen=saved_value(method) == picked) for method in ways]
    return [*saved, *(MethodChoice(**{**vars(row), "is_chosen": row.value == picked}) for row in rows)]


def _row(method: PaymentMethod, *, is_chosen: bool) -> MethodChoice:
    says = _("Saved: paid at once, nothing to type.")
    return MethodChoice(saved_value(method), method.label, "", says, is_chosen=is_chosen, is_closed=False)
