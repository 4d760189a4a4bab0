"""Everything a receipt or a credit note shows, in its payer's language, frozen as JSON. What must stand in it: Council Directive
2006/112/EC, Articles 219, 226 and 226b.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from billing.models import CameBy, Order, Receipt
from billing.receipts import credit_note, sale
from billing.receipts.parts import About, Says, country, day, money, rate
from lib.brand import brand
from lib.msisdn import format_msisdn
from lib.wording import count_in_words, zone_in_words
from notifications.mail_colours import mail_colours, srgb


def of(receipt: Receipt, about: About) -> dict[str, Any]:
    """The document of a `receipt` that has its number and is not stored yet. Asks the database nothing."""
    order = about.order
    with translation.override(order.payer_language), timezone.override(ZoneInfo(order.payer_time_zone)):
        says = credit_note.says(about, about.request) if about.request else sale.says(about)
        amounts = _amounts(about)
        gross = money(order, amounts["gross_minor"])
        return {
            **_frame(order),
            "number": _number(receipt),
            "title": says.title,
            "sum": [says.sum, gross],
            "how": says.how,
            "facts": _facts(order, says, receipt.issued_at),
            "table": {
                "heads": [_("What"), _("Quantity"), _("VAT"), _("Net")],
                "rows": [
                    [says.item, count_in_words(1), _rate_or_none(order, amounts), money(order, amounts["net_minor"])]
                ],
            },
            "totals": _totals(order, amounts),
            "counting": says.counting,
            "notes": [*says.notes, _zone_note(order)],
            "amounts": amounts,
        }


def _frame(order: Order) -> dict[str, Any]:
    """Whose paper it is, and to whom it goes."""
    operator = brand().operator
    name = order.buyer.name if order.buyer else ""
    return {
        "language": order.payer_language,
        "direction": "rtl" if get_language_info(order.payer_language)["bidi"] else "ltr",
        "brand": brand().name,
        "mark": brand().mark,
        "colours": {**mail_colours()["light"], "wash": srgb(0.962, 0.02, brand().colour[0])},
        "operator": {"label": _("Issued by"), "name": operator.name, "lines": _operator_lines()},
        "payer": {
            "label": _("Payer"),
            "lines": [part for part in (name, order.payer_email) if part] or [_("Not known")],
        },
        "footer": _footer(),
    }


def _operator_lines() -> list[str]:
    operator = brand().operator
    vat_id = [_("VAT id %(id)s") % {"id": operator.vat_id}] if operator.vat_id else []
    return [*operator.address, *vat_id]


def _footer() -> list[str]:
    operator = brand().operator
    contact = " · ".join([brand().mail, format_msisdn(brand().phone)])
    return [part for part in (" · ".join(filter(None, [operator.name, operator.register])), contact) if part]


def _facts(order: Order, says: Says, issued_at: datetime) -> list[list[str]]:
    return [
        [_("Date of issue"), day(issued_at)],
        *says.facts,
        [_("Order number"), order.reference],
        _whom_for(order),
    ]


def _whom_for(order: Order) -> list[str]:
    """The number; for who paid by somebody's link the name that it shows, since the number is not told."""
    if order.came_by == CameBy.LINK:
        return [_("For"), order.guest_top_up.shown]
    return [_("Mobile number"), format_msisdn(order.line.msisdn)]


def _number(receipt: Receipt) -> str:
    parts = [brand().receipt_letters[receipt.series], str(receipt.year), receipt.mark, f"{receipt.number:06d}"]
    return "-".join(filter(None, parts))


def _totals(order: Order, amounts: dict[str, Any]) -> list[list[str]]:
    """Net and VAT by rate, then the sum; the sum alone where nothing is taxed."""
    total = [_("Total"), money(order, amounts["gross_minor"])]
    if not amounts["vat_minor"]:
        return [total]
    vat = _("VAT %(rate)s, %(country)s") % {"rate": rate(order), "country": country(order)}
    return [
        [_("Net"), money(order, amounts["net_minor"])],
        [vat, money(order, amounts["vat_minor"])],
        total,
    ]


def _amounts(about: About) -> dict[str, Any]:
    """For the books: minor units, in the order's currency."""
    order, request = about.order, about.request
    return {
        "net_minor": request.net_minor if request else order.net_minor,
        "vat_minor": request.vat_minor if request else order.vat_minor,
        "gross_minor": request.amount_minor if request else order.price_minor,
        "currency": order.currency,
        "vat_percent": str(order.vat_percent),
        "country": order.country,
    }


def _rate_or_none(order: Order, amounts: dict[str, Any]) -> str:
    return rate(order) if amounts["vat_minor"] else "–"


def _zone_note(order: Order) -> str:
    return _("Times are those of %(zone)s.") % {"zone": zone_in_words(order.payer_time_zone)}
