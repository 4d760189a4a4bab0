"""Everything a receipt says, in its payer's language, frozen as JSON: who, to whom, what, how much of it VAT, how paid."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from billing import wording
from billing.models import Order, OrderWhat, Receipt, ReceiptSeries, RefundRequest
from lib.brand import brand
from lib.money import format_money
from lib.msisdn import format_msisdn
from lib.wording import end_in_words, moment_in_words
from plans.models import PlanPeriod

_LETTERS = {ReceiptSeries.SALE: "S", ReceiptSeries.TOP_UP: "T", ReceiptSeries.CREDIT_NOTE: "C"}
#: Languages that are read from right to left.
_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")


def printed_number(receipt: Receipt) -> str:
    """`S-2026-000123`."""
    return f"{_LETTERS[ReceiptSeries(receipt.series)]}-{receipt.year}-{receipt.number:06d}"


def of(receipt: Receipt, *, issued_at: datetime, happened_at: datetime) -> dict[str, Any]:
    """The document of `receipt`, whose `order` (and `request`) are set."""
    order, request = receipt.order, receipt.request
    zone = ZoneInfo(order.payer_time_zone)
    with translation.override(order.payer_language), timezone.override(zone):
        return {
            "number": printed_number(receipt),
            "language": order.payer_language,
            "direction": "rtl" if order.payer_language.split("-")[0] in _RIGHT_TO_LEFT else "ltr",
            "title": _title(receipt),
            "operator": _operator(),
            "payer_label": _("For"),
            "payer": [part for part in (order.buyer.name if order.buyer else "", order.payer_email) if part],
            "facts": [[_("Date"), moment_in_words(issued_at)], *_facts(order, request, happened_at)],
            "heads": [_("What"), _("Net"), _("VAT"), _("Sum")],
            "line": _line(order, request),
            "sum": [_("Given back") if request else _("Paid"), _money(order, _gross(order, request))],
            "notes": _notes(order, request),
            "amounts": _amounts(order, request),
            "footer": f"{brand().name} · {brand().mail} · {brand().phone}",
        }


def _title(receipt: Receipt) -> str:
    return {
        ReceiptSeries.SALE: _("Receipt"),
        ReceiptSeries.TOP_UP: _("Receipt of a top-up"),
        ReceiptSeries.CREDIT_NOTE: _("Credit note"),
    }[ReceiptSeries(receipt.series)]


def _operator() -> list[str]:
    operator = brand().operator
    vat_id = _("VAT id: %(id)s") % {"id": operator.vat_id} if operator.vat_id else ""
    return [part for part in (operator.name, *operator.address, vat_id, operator.register) if part]


def _facts(order: Order, request: RefundRequest | None, happened_at: datetime) -> list[list[str]]:
    facts = [[_("Order"), order.reference], [_("Mobile number"), format_msisdn(order.line.msisdn)]]
    if request:
        original = order.receipts.filter(request=None).first()
        facts.append([_("About"), printed_number(original) if original else order.reference])
        facts.append([_("Given back on"), moment_in_words(happened_at)])
        return facts
    period = PlanPeriod.objects.filter(origin=order.subject).first()
    if period:
        zone = ZoneInfo(order.line.time_zone)
        start, end = moment_in_words(period.starts_at, zone=zone), end_in_words(period.ends_at, zone=zone)
        facts.append([_("Period"), f"{start} – {end}"])
    facts.append([_("Paid with"), wording.method_of(order) or "–"])
    if order.paid_at:
        facts.append([_("Paid on"), moment_in_words(order.paid_at)])
    return facts


def _line(order: Order, request: RefundRequest | None) -> list[str]:
    """What, net, VAT with its rate, sum."""
    amounts = _amounts(order, request)
    title = wording.title_of(order)
    vat = _money(order, amounts["vat_minor"])
    rate = f"{order.vat_percent.normalize():f}"
    with_rate = f"{vat} ({rate} %)" if amounts["vat_minor"] else "–"
    return [title, _money(order, amounts["net_minor"]), with_rate, _money(order, amounts["gross_minor"])]


def _notes(order: Order, request: RefundRequest | None) -> list[str]:
    if request:
        to_credit = request.formula.get("to") == "credit"
        way = _("It became credit of the number.") if to_credit else _("It goes back by the way it was paid.")
        return [way]
    if order.what == OrderWhat.TOP_UP:
        return [_("Credit is taxed when it is used: the receipt of what you buy with it shows the VAT.")]
    return [_("VAT of %(country)s is included in the price.") % {"country": order.country}]


def _amounts(order: Order, request: RefundRequest | None) -> dict[str, Any]:
    """For the books: minor units, in the order's currency."""
    source: Order | RefundRequest = request or order
    return {
        "net_minor": source.net_minor,
        "vat_minor": source.vat_minor,
        "gross_minor": _gross(order, request),
        "currency": order.currency,
        "vat_percent": str(order.vat_percent),
        "country": order.country,
    }


def _gross(order: Order, request: RefundRequest | None) -> int:
    return request.amount_minor if request else order.price_minor


def _money(order: Order, minor: int) -> str:
    return format_money(minor, order.currency)
