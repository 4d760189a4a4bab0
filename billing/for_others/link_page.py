"""The owner's page of their link: the address to send, and the same as a picture."""

from typing import Any

import segno
from cryptography.fernet import InvalidToken
from django.utils.safestring import mark_safe

from accounts.models import Line, Subscriber
from billing.for_others import links
from billing.models import CameBy, Order


def facts(line: Line, owner: Subscriber) -> dict[str, Any]:
    """The context; without a link only that there is none."""
    link = links.of_line(line, owner)
    if link is None:
        return {"link": None}
    try:
        address = links.address(link)
    except InvalidToken:
        return {"link": None}
    paid = Order.objects.filter(guest_top_up__link=link, came_by=CameBy.LINK, applied_at__isnull=False).count()
    return {"link": link, "address": address, "qr": _picture(address), "paid": paid}


def _picture(address: str) -> str:
    """As SVG (ISO/IEC 18004 by segno)."""
    code = segno.make(address, error="m", boost_error=False, micro=False)
    return mark_safe(code.svg_inline(omitsize=True, border=2))  # noqa: S308  our own address
