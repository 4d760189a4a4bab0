"""Payments without a page: pay a session, settle what is on its way, switch ways of paying on and off."""

import re
from typing import Any

from flask import jsonify
from werkzeug.wrappers import Response

from sandbox.control.asked import asked
from sandbox.posted import posted
from sandbox.running import running
from sandbox.stripe_api import account, arrivals, cash_balances, checkout, documents, giving_back, paypal
from sandbox.stripe_api.cards import BY_NUMBER, Card
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal


def change_capabilities() -> Response:
    """`{"paypal_payments": "inactive"}`: ways of paying as they are from now on; answered with all of them."""
    with running().desk() as desk:
        return jsonify(account.change(desk, posted())["capabilities"])


def pay(session_id: str) -> Response:
    """Pay without the page.

    `method` is card (with its number as `card`) or paypal (`payer` is an e-mail). `bank` says approve or fail where the
    bank asks; PayPal's payer approves unless it says fail. `force` pays after the session expired. `expires` is the card's last
    month, `2027-03`. A page for saving is filled in the same way.
    """
    wanted = asked(method=str, card=str, payer=str, bank=str, force=bool, expires=str)
    method, card = wanted.get("method", "card"), _card(wanted)
    with running().desk() as desk:
        session = checkout.current(desk, session_id)
        is_late = session["status"] == "expired" and wanted.get("force")
        if session["status"] != "open" and not is_late:
            raise Refusal(f"The session is {session['status']}.", status=409)
        if method not in session["payment_method_types"]:
            raise Refusal(f"method must be one of {', '.join(session['payment_method_types'])}.")
        if method == "paypal":
            checkout.ask_paypal(desk, session, paypal.Payer(wanted["payer"]) if "payer" in wanted else None)
            intent = checkout.answer(desk, session, is_approved=wanted.get("bank", "approve") == "approve")
        else:
            intent = checkout.pay(desk, session, card, expires=month_of(wanted.get("expires")))
            if intent["status"] == "requires_action" and "bank" in wanted:
                intent = checkout.answer(desk, session, is_approved=wanted["bank"] == "approve")
    return jsonify(_told(session, intent))


def _card(wanted: dict[str, Any]) -> Card:
    """Raises Refusal."""
    card = BY_NUMBER.get(wanted.get("card", "4242424242424242").replace(" ", ""))
    if card is None:
        raise Refusal(f"card must be one of {', '.join(BY_NUMBER)}.")
    return card


def month_of(text: str | None) -> tuple[int, int] | None:
    """Year and month of `2027-03`. Raises Refusal."""
    if text is None:
        return None
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise Refusal("expires: a month, like 2027-03.")
    return int(text[:4]), int(text[5:])


def transfer() -> Response:
    """Let money arrive at a customer's bank account: see `arrivals.Wanted`."""
    wanted = asked(
        reference=str, iban=str, intent=str, customer=str, amount=int, currency=str, sender=str, after_seconds=int
    )
    with running().desk() as desk:
        sent = arrivals.order(desk, arrivals.Wanted(**wanted))
        customer = documents.get(desk.sql, "customer", sent["customer"])
        available = cash_balances.of(desk.sql, customer)["available"] or {}
    return jsonify({**documents.shown(sent), "available": available})


def settle(object_id: str) -> Response:
    """Decide a PaymentIntent that is processing, or a refund: `outcome` is succeed or fail."""
    outcome = asked(outcome=str).get("outcome")
    if outcome not in {"succeed", "fail"}:
        raise Refusal("outcome must be succeed or fail.")
    with running().desk() as desk:
        if object_id.startswith("re_"):
            refund = giving_back.settle(
                desk, documents.get(desk.sql, "refund", object_id), is_paid=outcome == "succeed"
            )
            return jsonify(refund=refund["id"], status=refund["status"])
        intent = documents.get(desk.sql, "payment_intent", object_id)
        checkout.settle(desk, intent, is_paid=outcome == "succeed")
        return jsonify(payment_intent=intent["id"], status=intent["status"])


def _told(session: Document, intent: Document) -> dict[str, Any]:
    return {
        "session": session["id"],
        "status": session["status"],
        "payment_status": session["payment_status"],
        "payment_intent": session["payment_intent"],
        "payment_method": intent["payment_method"],
        "intent_status": intent["status"],
    }
