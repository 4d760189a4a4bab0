"""Contexts of the pages on which somebody pays for another's number."""

from datetime import timedelta
from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID

from django.utils.safestring import mark_safe

from billing.for_others.asking_page import Choice
from billing.for_others.forms import ConfirmForm, LinkForm, NumberForm, PayeeForm, PayeeNameForm, WhatForm
from billing.for_others.payee_page import Paid
from billing.for_others.targets import Target
from billing.order_pages.steps import Step, StepState
from lib.money import Money
from tests.look.sample_back import NOW

LONG = "Großmutter Wilhelmine Überschwänglich-Schöne 奶奶"
NUMBER = Target(shown="+49 176 04069011", country="DE", currency="EUR", msisdn="+4917604069011")
BY_LINK = Target(shown=LONG, country="DE", currency="EUR", link_id=UUID(int=3), lets_plans=False)
PAYEES = [
    Like(id=UUID(int=5), name="Oma", msisdn="+4917604069012"),
    Like(id=UUID(int=6), name=LONG, msisdn="+8613800138000"),
]
QR = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" class="segno">'
    '<path class="qrline" stroke="#000" d="M1 1.5h3m1 0h4m-8 2h2m3 0h3m-8 3h5m1 0h2m-8 2h1m2 0h4"/></svg>'
)


def number(data: dict[str, str] | None = None, *, payees: Any = ()) -> dict[str, Any]:
    return {"form": NumberForm(data), "payees": payees}


def number_refused() -> dict[str, Any]:
    return number({"number": "0176 04069011", "again": "0176 04069021"})


def what(target: Target = NUMBER, data: dict[str, str] | None = None) -> dict[str, Any]:
    plans = [
        Choice("plan:month-15", "Month 15", "€15.00", "for a month"),
        Choice("plan:long", "包月流量畅享套餐（含欧盟漫游）Überraschungspaket", "€99.00", "for a month"),
    ]
    return {
        "target": target,
        "whom": "sealed" if target.msisdn else "",
        "form": WhatForm(data, initial={"email": "anna@example.com"}),
        "sums": [Choice(f"sum:{euro}", f"€{euro}.00", is_chosen=euro == 10) for euro in (5, 10, 20, 50)],
        "plans": plans if target.lets_plans else [],
        "ways": [
            Choice("card", "Card", says="On our payment provider’s page; there within seconds.", is_chosen=True),
            Choice("paypal", "PayPal", says="You agree at PayPal; there within seconds."),
        ],
    }


def what_refused() -> dict[str, Any]:
    return what(data={"email": "anna"})


def review(**more: Any) -> dict[str, Any]:
    fresh = {"form_token": UUID(int=7), "shown_price_minor": 1500}
    return {
        "target": BY_LINK,
        "whom": "",
        "asked": {"what": "sum:1500", "way": "card", "email": "a.very.long.address.of.somebody@mail.example.com"},
        "form": ConfirmForm(initial=fresh),
        "plan": None,
        "title": "Credit",
        "grants": [],
        "validity": "",
        "price": Money(1500, "EUR"),
        "vat_minor": 0,
        "vat_percent": "0",
        "way": "Card",
    } | more


def review_plan() -> dict[str, Any]:
    plan = Like(code="month-15", title="Month 15")
    grants = [Like(words="Data", unit="data", amount=15_000_000_000)]
    more = {"plan": plan, "title": "Month 15", "grants": grants, "validity": "for a month", "vat_minor": 239}
    return review(target=NUMBER, whom="sealed", vat_percent="19", **more)


def top_up(headline: str, says: str, *states: StepState, **more: Any) -> dict[str, Any]:
    names = ("Asked for", "Paid", "Arrived", "Money sent back")
    steps = [Step(state=state, title=name, at=NOW) for name, state in zip(names, states, strict=False)]
    return {
        "top_up": Like(
            shown=LONG, email="a.very.long.address.of.somebody@mail.example.com", price=Money(1500, "EUR"), link_id=None
        ),
        "code": "x" * 32,
        "title": "Credit",
        "headline": headline,
        "says": says,
        "steps": steps,
        "is_open": False,
        "poll_url": "",
        "poll_seconds": 1,
        "pay_url": "",
        "undo_until": None,
        "receipts": [],
        "grants": [],
    } | more


_DONE, _NOW, _NEXT, _BAD = StepState.DONE, StepState.NOW, StepState.NEXT, StepState.BAD


def top_up_open() -> dict[str, Any]:
    says = "If you have paid, this takes a few seconds. If not, nothing is charged and you can pay now."
    return top_up("Not paid yet", says, _DONE, _NOW, _NEXT, is_open=True, pay_url="#")


def top_up_done() -> dict[str, Any]:
    receipts = [{"title": "Receipt", "number": "T-2026-000123", "url": "#"}]
    until = NOW + timedelta(minutes=9)
    says = "The receipt is on its way to your e-mail."
    return top_up(f"€15.00 for {LONG} has arrived", says, _DONE, _DONE, _DONE, undo_until=until, receipts=receipts)


def top_up_undone() -> dict[str, Any]:
    says = "The money goes back the way you paid. Your bank may take a few days to show it."
    return top_up("Taken back: €15.00", says, _DONE, _DONE, _DONE, _NOW)


def top_up_not_done() -> dict[str, Any]:
    says = (
        "Nothing has been charged. If your bank shows the sum as set aside, it lets go of it within a few days. "
        "Check the number with whoever it belongs to."
    )
    return top_up("This top-up could not be completed", says, _DONE, _BAD, _NEXT)


def _line() -> Any:
    return Like(id=UUID(int=11), msisdn="+4917604069011", label=LONG, currency="EUR", time_zone="Europe/Berlin")


def link_none() -> dict[str, Any]:
    return {"form": LinkForm(initial={"shows": "Anna"}), "line": _line(), "link": None}


def link() -> dict[str, Any]:
    return {
        "form": LinkForm(initial={"shows": "Anna"}),
        "line": _line(),
        "link": Like(shows=LONG, lets_plans=True, made_at=NOW),
        "address": "http://localhost:8000/t/dGhpcyBpcyBhIHRva2VuIG9mIDE5Mi4/",
        "qr": mark_safe(QR),
        "paid": 3,
    }


def payees() -> dict[str, Any]:
    rows = [("Oma", "Arrived", "good"), (LONG, "Not completed, not charged", "plain"), ("Oma", "Being checked", "warn")]
    paid = [
        Paid(whom=whom, price=Money(1500, "EUR"), at=NOW, words=words, tone=tone, url="#") for whom, words, tone in rows
    ]
    return {"form": PayeeForm(), "payees": PAYEES, "paid": paid}


def payees_none() -> dict[str, Any]:
    return {"form": PayeeForm({"name": "  ", "number": "12"}), "payees": [], "paid": []}


def payee() -> dict[str, Any]:
    return {"form": PayeeNameForm(initial={"name": "Oma"}), "payee": PAYEES[1]}
