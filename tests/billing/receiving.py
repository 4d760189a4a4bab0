"""Receipts for tests: sold, taken back, numbered; and documents of orders that no database has seen."""

from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from accounts.models import Line, Subscriber
from billing.models import Method, Order, OrderWhat, Receipt, ReceiptSeries
from billing.receipts import document, numbering
from billing.receipts.parts import About
from plans.models import Plan
from tests.billing.ordering import NOW, order_plan, pay

LATER = NOW + timedelta(days=2)


def bought(buyer: Subscriber, *, at: datetime = NOW, **fields: Any) -> Order:
    """A plan, paid by card and applied."""
    order = order_plan(buyer, now=at, **fields)
    pay(order, now=at)
    return order


def numbers(series: ReceiptSeries = ReceiptSeries.SALE) -> list[int]:
    return list(Receipt.objects.filter(series=series).order_by("number").values_list("number", flat=True))


def receipt_of(order: Order, *, at: datetime = LATER) -> Receipt:
    """Numbers what waits; the receipt of `order`."""
    numbering.number(now=at)
    return Receipt.objects.get(order=order, request=None)


def fact(receipt: Receipt, label: str) -> str:
    """What the document says at `label`."""
    said = receipt.document
    pairs: list[list[str]] = [*said["how"], *said["facts"], *said["totals"]]
    return dict(pairs)[label]


def written(*, name: str = "Anna Berg", language: str = "en", plan: str = "Month 15", **fields: Any) -> dict[str, Any]:
    """The document of a sale, without a database."""
    order = Order(
        reference="R-7K2M9QX",
        line=Line(msisdn="+4917604069011", country="DE", currency="EUR", time_zone="Europe/Berlin"),
        buyer=Subscriber(name=name),
        payer_email="anna@example.com",
        payer_language=language,
        payer_time_zone="Europe/Berlin",
        what=OrderWhat.PLAN,
        plan=Plan(code="month-15", name={"en": plan}),
        method=Method.CARD,
        price_minor=1500,
        net_minor=1261,
        vat_minor=239,
        vat_percent=Decimal("19.00"),
        currency="EUR",
        country="DE",
        grants=[{"unit": "data", "amount": 15_000_000_000}, {"unit": "voice", "amount": None}],
        paid_at=NOW,
        applied_at=NOW,
    )
    for field, value in fields.items():
        setattr(order, field, value)
    paid = SimpleNamespace(state="succeeded", way="page", method_label="Visa ···4242")
    order._prefetched_objects_cache = {"payments": [paid]}  # type: ignore[attr-defined]
    receipt = Receipt(series=ReceiptSeries.SALE, year=2026, number=123, order=order, issued_at=NOW)
    return document.of(receipt, About(order=order, runs=(NOW, NOW + timedelta(days=30))))
