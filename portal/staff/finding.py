"""One box for a number in any spelling, an e-mail address, an order, or whatever the gateway calls a thing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import Line, Subscriber
from billing.by_voucher.voucher_codes import as_serial
from billing.models import (
    Adjustment,
    Dispute,
    GuestTopUp,
    Order,
    Payment,
    Payout,
    Receipt,
    Refund,
    RefundRequest,
    ReviewItem,
    Voucher,
    VoucherBatch,
    WebhookEvent,
)
from billing.wording import title_of
from lib.admin.showing import masked_email, masked_number, page_of
from lib.msisdn import NotAnMsisdn, parse_msisdn
from network.models import ExternalTopUp
from notifications.models import Message
from plans.models import Allowance, PlanPeriod
from support.models import Ticket

LONGEST = 200
#: Of one table; whoever looks for more knows too little.
_AT_MOST = 20
_WITH_UUID: tuple[type[models.Model], ...] = (
    Order,
    Payment,
    Refund,
    RefundRequest,
    Dispute,
    Adjustment,
    Payout,
    Receipt,
    GuestTopUp,
    ReviewItem,
    Line,
    PlanPeriod,
    Allowance,
    Message,
    Ticket,
)


@dataclass(frozen=True)
class Hit:
    """A row that was meant, perhaps: what it is, how to recognise it, and its page."""

    what: str
    words: str
    url: str


def find(asked: str, *, request: HttpRequest) -> list[Hit]:
    """What `asked` may mean, among the tables that the reader may see. One hit only when nothing else fits."""
    return [_hit(row) for row in _rows(asked.strip()) if _may_see(request, row)]


def _rows(asked: str) -> Iterable[models.Model]:
    if not asked:
        return []
    if "@" in asked:
        return _by_email(asked)
    if (found_id := _as_uuid(asked)) is not None:
        return [row for model in _WITH_UUID if (row := model._default_manager.filter(pk=found_id).first())]
    ways = (_by_number, _by_iccid, _by_reference, _by_ticket, _by_receipt, _by_serial, _by_gateway_id, _by_seller)
    return [row for way in ways for row in way(asked)]


def _by_number(asked: str) -> Iterator[models.Model]:
    """The lines of the number, and who signs in with it unless they own one of these."""
    try:
        msisdn = parse_msisdn(asked)
    except NotAnMsisdn:
        return
    lines = list(Line.objects.filter(msisdn=msisdn)[:_AT_MOST])
    yield from lines
    yield from Subscriber.objects.filter(msisdn=msisdn).exclude(ownerships__line__in=lines, ownerships__until_at=None)


def _by_email(asked: str) -> Iterable[models.Model]:
    people = list(Subscriber.objects.filter(email__iexact=asked)[:_AT_MOST])
    orders = Order.objects.filter(payer_email__iexact=asked).select_related("line", "plan")[:_AT_MOST]
    for_others = GuestTopUp.objects.filter(email__iexact=asked, order=None)[:_AT_MOST]
    return people or [*orders, *for_others]


def _by_iccid(asked: str) -> Iterator[models.Model]:
    digits = re.sub(r"\s", "", asked)
    if re.fullmatch(r"89[0-9]{16,18}", digits):
        yield from Line.objects.filter(sims__iccid=digits).distinct()


def _by_reference(asked: str) -> Iterator[models.Model]:
    """`R-7K2M9QX`, `r 7k2m9qx`, `7K2M9QX`."""
    letters = re.sub(r"[\s\-–]", "", asked).upper()
    if re.fullmatch(r"R?[2-9BCDFGHJKMNPQRSTVWXYZ]{7}", letters):
        yield from Order.objects.filter(reference=f"R-{letters[-7:]}").select_related("line", "plan")


def _by_ticket(asked: str) -> Iterator[models.Model]:
    """`T-7K2M9QX`, with its letter: without it the number would be an order's."""
    letters = re.sub(r"[\s\-–]", "", asked).upper()
    if re.fullmatch(r"T[2-9BCDFGHJKMNPQRSTVWXYZ]{7}", letters):
        yield from Ticket.objects.filter(reference=f"T-{letters[1:]}")


def _by_receipt(asked: str) -> Iterator[models.Model]:
    """`S-2026-000123`, in capitals or not."""
    yield from Receipt.objects.numbered(asked)


def _by_serial(asked: str) -> Iterator[models.Model]:
    """`7KM4T-00042` of a voucher, `7KM4T` of its batch."""
    yield from Voucher.objects.filter(serial=as_serial(asked) or None)
    yield from VoucherBatch.objects.filter(series=asked.upper())


def _by_gateway_id(asked: str) -> Iterator[models.Model]:
    if not re.fullmatch(r"[\w\-]{6,120}", asked, re.ASCII):
        return
    by_name = models.Q(session_id=asked) | models.Q(intent_id=asked)
    yield from Payment.objects.filter(by_name).select_related("order__line")
    yield from Refund.objects.filter(gateway_id=asked)
    yield from Dispute.objects.filter(gateway_id=asked)
    yield from WebhookEvent.objects.filter(event_id=asked)


def _by_seller(asked: str) -> Iterator[models.Model]:
    """By what an outside seller calls it."""
    yield from ExternalTopUp.objects.filter(reference=asked)[:_AT_MOST]


def _as_uuid(asked: str) -> UUID | None:
    try:
        return UUID(asked)
    except ValueError:
        return None


def _may_see(request: HttpRequest, row: models.Model) -> bool:
    return bool(admin.site.get_model_admin(type(row)).has_view_permission(request, row))


def _hit(row: Any) -> Hit:
    match row:
        case Line():
            words = f"{masked_number(row.msisdn)} · {row.get_state_display()}"
        case Subscriber():
            words = f"{row.name or '#' + str(row.pk)} · {masked_email(row.email)}"
        case Order():
            words = f"{row.reference} · {title_of(row)} · {row.price} · {row.get_state_display()}"
        case _:
            words = str(row)
    return Hit(what=str(row._meta.verbose_name), words=words, url=page_of(row) or "")


def explained(asked: str) -> str:
    """How `asked` was understood, for the page that found nothing."""
    if "@" in asked:
        return _("an e-mail address")
    if _as_uuid(asked):
        return _("the id of an order, payment or message")
    try:
        return _("the number %(number)s") % {"number": parse_msisdn(asked)}
    except NotAnMsisdn:
        return _("the number of an order or receipt, a SIM, a voucher's serial or something of the gateway")
