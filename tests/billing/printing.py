"""Vouchers for tests, made by the portal's own doors."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from billing.authority import Authority
from billing.by_voucher import voucher_batches
from billing.by_voucher.voucher_batches import BatchWish, Printed
from billing.models import Order, Voucher, VoucherBatch, VoucherNature
from plans.models import Plan
from tests.billing.ordering import NOW

FINA = Authority(person_id=7, address="192.0.2.7")
FRITZ = Authority(person_id=8, address="192.0.2.8")


def make(
    *, nature: VoucherNature = VoucherNature.SOLD, plan: str = "", now: datetime = NOW, **fields: Any
) -> VoucherBatch:
    """A batch of vouchers worth €10.00 or a plan, redeemable for a year."""
    of = Plan.objects.get(code=plan) if plan else None
    facts: dict[str, Any] = {
        "name": "Kiosk, autumn",
        "nature": nature,
        "amount_minor": of.price_minor if of else 1000,
        "currency": of.currency if of else "EUR",
        "count": 3,
        "expires_at": now + timedelta(days=365),
        "form_token": uuid.uuid4(),
        "plan": of,
    }
    return voucher_batches.make(BatchWish(**facts | fields), by=FINA, now=now)


def printed(batch: VoucherBatch, *, now: datetime = NOW) -> list[Printed]:
    """Serials and codes of `batch`, not active yet."""
    return voucher_batches.hand_out(batch.pk, by=FINA, now=now)


def activate(batch: VoucherBatch, *, now: datetime = NOW) -> int:
    return voucher_batches.activate(batch.pk, reason="Kiosk Müller, 2026-0117", by=FRITZ, now=now)


def active(*, now: datetime = NOW, **fields: Any) -> list[Printed]:
    """Serials and codes of a new batch that can be redeemed."""
    batch = make(now=now, **fields)
    rows = printed(batch, now=now)
    activate(batch, now=now)
    return rows


def one(**fields: Any) -> Printed:
    """A voucher that can be redeemed."""
    return active(**fields | {"count": 1})[0]


def row(of: Printed) -> Voucher:
    return Voucher.objects.select_related("batch", "order").get(serial=of.serial)


def moves(order: Order) -> list[tuple[str, str, str, int]]:
    """What was booked for `order`: kind, from, to, minor units."""
    entries = order.entries.order_by("id")
    return list(entries.values_list("kind", "source__kind", "target__kind", "amount_minor"))
