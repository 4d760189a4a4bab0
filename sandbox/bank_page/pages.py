"""Transfers that are waited for, sent with one click: exact, short, over, twice, in another currency, or a free sum."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision
from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.pay_page.prices import price
from sandbox.pay_page.words import ENGLISH
from sandbox.running import running
from sandbox.stripe_api import arrivals, bank_accounts, bank_transfers, documents
from sandbox.stripe_api.amounts import MOST
from sandbox.stripe_api.arrivals import Wanted
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document

_MOST_SHOWN = 50
_OVER_MINOR = 500
_LATER_SECONDS = 30
#: button → amount and currency of each transfer it makes
_WAYS: Mapping[str, Callable[[int, str], list[tuple[int, str]]]] = {
    "exact": lambda amount, currency: [(amount, currency)],
    "short": lambda amount, currency: [(max(amount // 2, 1), currency)],
    "over": lambda amount, currency: [(min(amount + _OVER_MINOR, MOST), currency)],
    "twice": lambda amount, currency: [(amount, currency)] * 2,
    "foreign": lambda amount, currency: [(amount, "usd" if currency == "eur" else "eur")],
}


def blueprint() -> Blueprint:
    """Everything under /bank."""
    routes = Blueprint("bank_page", __name__)
    routes.add_url_rule("/bank", view_func=show_all)
    routes.add_url_rule("/bank/<intent_id>", view_func=show, methods=["GET"])
    routes.add_url_rule("/bank/<intent_id>", view_func=send, methods=["POST"])
    return routes


def show_all() -> Response:
    """What is waited for, newest first, and what came or is under way."""
    with running().desk() as desk:
        return _page(desk, bank_transfers.waiting(desk.sql)[: -_MOST_SHOWN - 1 : -1])


def show(intent_id: str) -> Response:
    """One transfer: the page behind `hosted_instructions_url`."""
    with running().desk() as desk:
        intent = _of_transfer(desk, intent_id)
        if intent is None:
            return _page(desk, [], status=404, one=True)
        is_waiting = intent["status"] == "requires_action"
        return _page(desk, [intent] if is_waiting else [], one=True, customer=intent["customer"])


def send(intent_id: str) -> Response:
    """Send what the button says; somebody with no sense of sums is told what to type."""
    with running().desk() as desk:
        intent = _of_transfer(desk, intent_id)
        if intent is None or intent["status"] != "requires_action":
            return redirect("/bank", 303)
        sums = _sums(request.form, bank_transfers.remaining(intent), intent["currency"])
        if sums is None:
            return _page(desk, [intent], status=422, one=True, customer=intent["customer"], is_wrong=True)
        later = _LATER_SECONDS if request.form.get("later") else 0
        sender = request.form.get("sender", "").strip() or Wanted.sender
        for amount, currency in sums:
            arrivals.order(
                desk, Wanted(intent=intent_id, amount=amount, currency=currency, sender=sender, after_seconds=later)
            )
    return redirect("/bank", 303)


def _of_transfer(desk: Desk, intent_id: str) -> Document | None:
    intent = documents.find(desk.sql, "payment_intent", intent_id)
    return intent if intent and bank_transfers.is_one(intent) else None


def _sums(typed: Mapping[str, str], lacking: int, currency: str) -> list[tuple[int, str]] | None:
    """Amount and currency of each transfer; None for a free sum that is none."""
    if way := _WAYS.get(typed.get("way", "")):
        return way(lacking, currency)
    try:
        amount = Decimal(typed.get("amount", "").replace(",", ".")).scaleb(get_currency_precision(currency.upper()))
        minor = int(amount)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return [(minor, currency)] if minor == amount and 1 <= minor <= MOST else None


def _page(
    desk: Desk,
    intents: list[Document],
    *,
    status: int = 200,
    one: bool = False,
    customer: str = "",
    is_wrong: bool = False,
) -> Response:
    wanted = {"customer": customer} if customer else {}
    sent = list(documents.matching(desk.sql, arrivals.KIND, wanted))[: -_MOST_SHOWN - 1 : -1]
    page = render_template(
        "bank/list.html",
        one=one,
        is_wrong=is_wrong,
        typed=request.form.get("amount", "")[:40],
        waiting=[_shown(desk, intent) for intent in intents],
        sent=[{**transfer, "sum": _money(transfer["amount"], transfer["currency"])} for transfer in sent],
        later_seconds=_LATER_SECONDS,
    )
    return make_response(page, status)


def _shown(desk: Desk, intent: Document) -> dict[str, Any]:
    """Who owes what for which thing, and what each button would send."""
    currency, lacking = intent["currency"], bank_transfers.remaining(intent)
    customer = documents.get(desk.sql, "customer", intent["customer"])
    where = bank_accounts.of(desk, intent["customer"], currency)
    return {
        "id": intent["id"],
        "who": customer["name"] or customer["email"] or customer["id"],
        "email": customer["email"],
        "what": intent["description"] or intent["id"],
        "sum": _money(lacking, currency),
        "amount": str(Decimal(lacking).scaleb(-get_currency_precision(currency.upper()))),
        "whole": _money(intent["amount"], currency) if lacking != intent["amount"] else "",
        "currency": currency.upper(),
        "number": where["number"],
        "reference": where["reference"],
        "buttons": [(way, " + ".join(_money(*one) for one in sums(lacking, currency))) for way, sums in _WAYS.items()],
    }


def _money(amount_minor: int, currency: str) -> str:
    return price(amount_minor, currency, ENGLISH)
