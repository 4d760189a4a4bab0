"""The page of saved ways to pay: each with its end, what it is used for, and what rests on it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Subscriber
from billing.models import AutoRenew, AutoTopUp, PaymentMethod, SavedState, SavedWay
from lib.msisdn import format_msisdn
from lib.wording import list_in_words

#: When the end of a card is said aloud.
SOON = timedelta(days=30)


@dataclass(frozen=True)
class Row:
    """`ends`: `good until 03/2027` or why it cannot be used; `rests`: the standing orders that are paid with it, in words."""

    method: PaymentMethod
    icon: str
    ends: str
    tone: str
    rests: str
    has_first: bool
    has_backup: bool


def facts(subscriber: Subscriber, *, now: datetime) -> dict[str, Any]:
    """The context of the list. What was removed is not in it."""
    methods = list(subscriber.payment_methods.exclude(state=SavedState.REMOVED))
    rests = resting(methods)
    rows = [_row(method, rests.get(method.pk, []), now=now) for method in methods]
    return {"rows": rows, "has_several": sum(row.method.is_saved for row in rows) > 1}


def removal_facts(method: PaymentMethod) -> dict[str, Any]:
    """What would stop and what would go on, before it is removed."""
    orders = _orders([method])
    stops = [_words(order) for order in orders if not _goes_on(order, method)]
    goes_on = [_words(order) for order in orders if _goes_on(order, method)]
    return {"method": method, "stops": stops, "goes_on": goes_on}


def resting(methods: list[PaymentMethod]) -> dict[object, list[str]]:
    """For each way to pay the standing orders that are paid with it first, in words."""
    found: dict[object, list[str]] = {}
    for order in _orders(methods):
        found.setdefault(order.method_id, []).append(_words(order))
    return found


def _orders(methods: list[PaymentMethod]) -> list[AutoRenew | AutoTopUp]:
    renewals = AutoRenew.objects.filter(off_at=None, method__in=methods).select_related("line", "backup")
    top_ups = AutoTopUp.objects.filter(off_at=None, method__in=methods).select_related("line", "backup")
    return [*renewals, *top_ups]


def _goes_on(order: AutoRenew | AutoTopUp, method: PaymentMethod) -> bool:
    other = order.backup
    return (other is not None and other.is_saved and other.pk != method.pk) or getattr(order, "uses_credit", False)


def _words(order: AutoRenew | AutoTopUp) -> str:
    name = order.line.label or format_msisdn(order.line.msisdn)
    if isinstance(order, AutoRenew):
        return _("auto-renew of %(name)s") % {"name": name}
    return _("auto top-up of %(name)s") % {"name": name}


def _row(method: PaymentMethod, rests: list[str], *, now: datetime) -> Row:
    ends, tone = _ends(method, now=now)
    return Row(
        method=method,
        icon="credit-card" if method.way == SavedWay.CARD else "wallet",
        ends=ends,
        tone=tone,
        rests=list_in_words(rests) if rests else "",
        has_first=method.is_saved and not method.is_default,
        has_backup=method.is_saved and not method.is_default and not method.is_backup,
    )


def _ends(method: PaymentMethod, *, now: datetime) -> tuple[str, str]:
    month = f"{method.expires_on:%m/%Y}" if method.expires_on else ""
    if method.state == SavedState.REVOKED:
        return _("Permission withdrawn at the bank or PayPal"), "bad"
    if method.state == SavedState.EXPIRED:
        return _("Expired %(month)s") % {"month": month}, "bad"
    if not month:
        return "", "plain"
    is_soon = method.expires_on is not None and method.expires_on <= (now + SOON).date()
    return _("Good until %(month)s") % {"month": month}, "warn" if is_soon else "plain"
