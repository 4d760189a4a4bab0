"""Signed notices (docs.stripe.com/webhooks/signature)."""

import json
import time
from typing import Any

import stripe

from billing.gateways.protocol import Notice, NotReadable, NotSigned
from billing.gateways.stripe.client import StripePart, checked_id, moment, uuid_or_none

#: A notice from the future is refused beyond this many seconds of clock difference; the SDK itself does not look.
FUTURE_SECONDS = 60
#: Whose id is kept where it is not the object's own: money that came in is looked up by its customer.
_ABOUT = {"customer_cash_balance_transaction": "customer", "cash_balance": "customer"}


class StripeNotices(StripePart):
    def read_notice(self, payload: bytes, signature: str) -> Notice:
        _verify(payload, signature, self._webhook_secret)
        try:
            event = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise NotReadable(type(error).__name__) from error
        return notice_of(event, is_live=self._is_live)


def notice_of(event: Any, *, is_live: bool) -> Notice:
    """An event reduced to ids, whether it came by itself or was asked for. Raises NotReadable."""
    try:
        if event["object"] != "event" or bool(event["livemode"]) != is_live or event.get("account"):
            raise NotReadable("another account or mode")
        subject = event["data"]["object"]
        metadata = subject.get("metadata") or {}
        return Notice(
            event_id=checked_id(event["id"]),
            kind=checked_id(event["type"]),
            object_id=checked_id(subject.get(_ABOUT.get(subject.get("object"), "id")) or "-"),
            happened_at=moment(event["created"]),
            payment_id=uuid_or_none(metadata.get("payment_id")),
            refund_id=uuid_or_none(metadata.get("refund_id")),
            top_up_id=uuid_or_none(metadata.get("top_up_id")),
            saving_id=uuid_or_none(metadata.get("saving_id")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise NotReadable(type(error).__name__) from error


def _verify(payload: bytes, signature: str, secret: str) -> None:
    """The SDK checks signature and age; it raises TypeError on odd bytes and accepts the future, so both are caught here."""
    try:
        stripe.WebhookSignature.verify_header(payload.decode("utf-8"), signature, secret, tolerance=300)
        stamp = next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))
    except (stripe.SignatureVerificationError, ValueError, TypeError, IndexError, StopIteration) as error:
        raise NotSigned(type(error).__name__) from error
    if stamp > time.time() + FUTURE_SECONDS:
        raise NotSigned("from the future")
