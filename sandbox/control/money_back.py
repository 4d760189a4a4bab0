"""Money that goes back: refunds made in the gateway's dashboard, what payers say of them, payments that grow old."""

from flask import jsonify
from werkzeug.wrappers import Response

from sandbox.control.asked import asked, needed
from sandbox.running import running
from sandbox.stripe_api import documents, giving_back, refunds
from sandbox.stripe_api.refusals import Refusal

#: right check digits, as in the bank's own examples of an IBAN
SAMPLE_IBAN = "DE89 3704 0044 0532 0130 00"
_LONGEST_SECONDS = 3660 * 86400


def refund() -> Response:
    """A refund that somebody makes in the gateway's own dashboard, so without the portal's metadata."""
    wanted = asked(intent=str, amount=int, reason=str, instructions_email=str)
    params = {"payment_intent": needed(wanted, "intent"), **wanted}
    del params["intent"]
    with running().desk() as desk:
        made = refunds.create(desk, params)
    return jsonify(refund=made["id"], status=made["status"], amount=made["amount"], charge=made["charge"])


def give_details(refund_id: str) -> Response:
    """The payer types an `iban`, or lets the time go by (`expire`). It arrives `after_seconds`, or when it is settled."""
    wanted = asked(iban=str, expire=bool, after_seconds=int)
    with running().desk() as desk:
        found = documents.get(desk.sql, "refund", refund_id)
        if wanted.get("expire"):
            refunds.expire(desk, {}, refund_id)
        else:
            arrives_at = desk.at + wanted["after_seconds"] if "after_seconds" in wanted else None
            giving_back.take_details(desk, found, wanted.get("iban", SAMPLE_IBAN), arrives_at=arrives_at)
        status = documents.get(desk.sql, "refund", refund_id)["status"]
    return jsonify(refund=refund_id, status=status)


def age_payment(intent_id: str) -> Response:
    """Make a payment older by `seconds`: its intent, its charge, its refunds."""
    seconds = needed(asked(seconds=int), "seconds")
    if not 0 <= seconds <= _LONGEST_SECONDS:
        raise Refusal("seconds must be a number from 0 to ten years.")
    with running().desk() as desk:
        intent = documents.get(desk.sql, "payment_intent", intent_id)
        kinds = ("charge", "refund")
        for document in (intent, *(one for kind in kinds for one in documents.of_intent(desk.sql, kind, intent_id))):
            documents.age(desk.sql, document, seconds)
    return jsonify(payment_intent=intent_id, created=intent["created"])
