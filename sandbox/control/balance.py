"""The account's money: paid out, sent back by our bank, and movements the portal knows nothing of."""

import re

from flask import jsonify
from werkzeug.wrappers import Response

from sandbox.control.asked import asked, needed
from sandbox.running import running
from sandbox.stripe_api import balance_transactions, documents, payouts
from sandbox.stripe_api.amounts import MOST
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal


def pay_out() -> Response:
    """Pay out all that is available in a `currency` (eur)."""
    currency = _currency(asked(currency=str).get("currency", "eur"))
    with running().desk() as desk:
        return _told(payouts.pay_out(desk, currency))


def end_payout(payout_id: str) -> Response:
    """`outcome` is fail: our bank did not take it."""
    if needed(asked(outcome=str), "outcome") != "fail":
        raise Refusal("outcome must be fail.")
    with running().desk() as desk:
        return _told(payouts.fail(desk, documents.get(desk.sql, "payout", payout_id)))


def book() -> Response:
    """A movement without a source: `amount` (negative where money leaves), `currency`, `type`, `description`."""
    wanted = asked(amount=int, currency=str, type=str, description=str)
    amount, kind = needed(wanted, "amount"), wanted.get("type", "adjustment")
    if not 1 <= abs(amount) <= MOST:
        raise Refusal(f"amount must be a number other than 0 and at most {MOST}.")
    if not re.fullmatch(r"[a-z_]{1,60}", kind):
        raise Refusal("type must be small letters and underscores.")
    with running().desk() as desk:
        entry = balance_transactions.add(
            desk, kind, amount, _currency(wanted.get("currency", "eur")), None, description=wanted.get("description")
        )
    return jsonify(documents.shown(entry))


def _currency(text: str) -> str:
    if not re.fullmatch(r"[a-z]{3}", text):
        raise Refusal("currency must be three small letters.")
    return text


def _told(payout: Document) -> Response:
    names = ("status", "amount", "currency", "balance_transaction", "failure_balance_transaction")
    return jsonify(payout=payout["id"], **{name: payout[name] for name in names})
