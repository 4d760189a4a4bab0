"""Stripe Checkout, by the vendor's SDK. The only module of the portal that knows Stripe's words.

Sources: docs.stripe.com/api/checkout/sessions, /api/payment_intents, /api/refunds, /webhooks/signature.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import stripe

from billing.gateways.protocol import (
    CheckoutPage,
    CheckoutRequest,
    FactState,
    Notice,
    NotReadable,
    NotSigned,
    OutcomeUnknown,
    PaymentFact,
    RefundFact,
    RefundFactState,
    Refused,
    Unavailable,
)
from lib.http import CONNECT_SECONDS, READ_SECONDS, refuse_inside_transaction
from lib.money import Money

#: A notice from the future is refused beyond this many seconds of clock difference; the SDK itself does not look.
FUTURE_SECONDS = 60
#: The SDK asks again by itself under the same key, with back-off (docs.stripe.com/error-low-level#idempotency).
NETWORK_RETRIES = 2
#: Currencies whose minor unit is the same here (ISO 4217 by CLDR) and at Stripe (docs.stripe.com/currencies).
CURRENCIES = frozenset({"EUR", "GBP", "USD", "CHF", "CNY", "SEK", "NOK", "DKK", "PLN", "CZK", "TRY", "JPY"})
_LOCALES = {"zh-hans": "zh"}


@contextmanager
def _translated() -> Iterator[None]:
    """Stripe's errors in our words."""
    refuse_inside_transaction()
    try:
        yield
    except stripe.APIConnectionError as error:
        raise OutcomeUnknown from error
    except (stripe.IdempotencyError, stripe.InvalidRequestError, stripe.CardError) as error:
        raise Refused(
            ":".join(filter(None, [error.code or type(error).__name__, getattr(error, "param", None)]))
        ) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Refused(type(error).__name__) from error
    except stripe.StripeError as error:
        raise Unavailable(type(error).__name__) from error


class StripeGateway:
    """See `billing.gateways.protocol.Gateway` for what each call promises."""

    def __init__(self, *, api_key: str, webhook_secret: str, api_base: str = "") -> None:
        self._is_live = api_key.startswith(("sk_live_", "rk_live_"))
        self._webhook_secret = webhook_secret
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base} if api_base else {},
            max_network_retries=NETWORK_RETRIES,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
        )

    def open_page(self, request: CheckoutRequest) -> CheckoutPage:
        if request.price.currency not in CURRENCIES:
            raise Refused("currency")
        with _translated():
            session = self._client.v1.checkout.sessions.create(
                _session_params(request), {"idempotency_key": request.idempotency_key}
            )
        if session.url is None:
            raise Unavailable("no page")
        return CheckoutPage(session_id=session.id, url=session.url, expires_at=_moment(session.expires_at))

    def page_fact(self, session_id: str) -> PaymentFact:
        with _translated():
            session = self._client.v1.checkout.sessions.retrieve(
                session_id, {"expand": ["payment_intent.latest_charge"]}
            )
        return _fact(session)

    def close_page(self, session_id: str) -> PaymentFact:
        try:
            with _translated():
                self._client.v1.checkout.sessions.expire(session_id)
        except Refused:
            pass  # no longer open: whatever it became, the look-up tells
        return self.page_fact(session_id)

    def give_back(self, *, intent_id: str, amount: Money, refund_id: UUID, idempotency_key: str) -> RefundFact:
        with _translated():
            refund = self._client.v1.refunds.create(
                {"payment_intent": intent_id, "amount": amount.minor, "metadata": {"refund_id": str(refund_id)}},
                {"idempotency_key": idempotency_key},
            )
        return _refund_fact(refund)

    def find_refund(self, *, intent_id: str, refund_id: UUID) -> RefundFact | None:
        with _translated():
            refunds = self._client.v1.refunds.list({"payment_intent": intent_id, "limit": 100})
        ours = (refund for refund in refunds.data if _is_ours(refund, refund_id))
        return next(map(_refund_fact, ours), None)

    def refund_fact(self, gateway_id: str) -> RefundFact:
        with _translated():
            refund = self._client.v1.refunds.retrieve(gateway_id)
        return _refund_fact(refund)

    def read_notice(self, payload: bytes, signature: str) -> Notice:
        _verify(payload, signature, self._webhook_secret)
        try:
            event = json.loads(payload)
            if event["object"] != "event" or bool(event["livemode"]) != self._is_live or event.get("account"):
                raise NotReadable("another account or mode")
            subject = event["data"]["object"]
            metadata = subject.get("metadata") or {}
            return Notice(
                event_id=_id(event["id"]),
                kind=_id(event["type"]),
                object_id=_id(subject.get("id") or "-"),
                happened_at=_moment(event["created"]),
                payment_id=_uuid(metadata.get("payment_id")),
                refund_id=_uuid(metadata.get("refund_id")),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise NotReadable(type(error).__name__) from error


def _session_params(request: CheckoutRequest) -> Any:
    metadata = {"payment_id": str(request.payment_id)}
    return {
        "mode": "payment",
        "allowed_payment_method_types": ["card"],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.price.currency.lower(),
                    "unit_amount": request.price.minor,
                    "product_data": {"name": request.title},
                },
            }
        ],
        "customer_email": request.email,
        "client_reference_id": request.order_reference,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": request.order_reference},
        "locale": _LOCALES.get(request.language, request.language.split("-")[0]),
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": int(request.expires_at.timestamp()),
        "adaptive_pricing": {"enabled": False},
        "allow_promotion_codes": False,
        "automatic_tax": {"enabled": False},
    }


def _fact(session: Any) -> PaymentFact:
    intent = session.payment_intent
    if intent is None:
        return PaymentFact(state=FactState.EXPIRED if session.status == "expired" else FactState.OPEN)
    if intent.status == "succeeded":
        return PaymentFact(
            state=FactState.SUCCEEDED,
            intent_id=intent.id,
            received=Money(intent.amount_received, intent.currency.upper()),
            method_label=_method_label(intent),
        )
    state = _INTENT_STATES.get(intent.status) or _session_state(session)
    return PaymentFact(state=state, intent_id=intent.id, failure_code=_failure_code(intent))


_INTENT_STATES = {"processing": FactState.PROCESSING, "canceled": FactState.CANCELLED}


def _session_state(session: Any) -> FactState:
    """An intent that wants another method is open as long as its page is; a completed page with it has failed for good."""
    if session.status == "complete":
        return FactState.FAILED if session.payment_status == "unpaid" else FactState.OPEN
    return FactState.EXPIRED if session.status == "expired" else FactState.OPEN


def _failure_code(intent: Any) -> str:
    error = intent.last_payment_error
    if error is None:
        return ""
    return str(getattr(error, "decline_code", None) or getattr(error, "code", None) or "declined")[:60]


def _method_label(intent: Any) -> str:
    """`Visa ···4242`, or the kind of method when it is no card."""
    charge = intent.latest_charge
    details = None if charge is None or isinstance(charge, str) else charge.payment_method_details
    card = getattr(details, "card", None)
    if card is not None:
        return f"{str(card.brand or 'card').title()} ···{card.last4}"
    return str(getattr(details, "type", "") or "")


def _is_ours(refund: Any, refund_id: UUID) -> bool:
    metadata = refund.to_dict().get("metadata") or {}
    return bool(metadata.get("refund_id") == str(refund_id))


_REFUND_STATES = {
    "pending": RefundFactState.PENDING,
    "requires_action": RefundFactState.NEEDS_PAYER,
    "succeeded": RefundFactState.SUCCEEDED,
    "failed": RefundFactState.FAILED,
    "canceled": RefundFactState.CANCELLED,
}


def _refund_fact(refund: Any) -> RefundFact:
    state = _REFUND_STATES.get(refund.status or "pending", RefundFactState.PENDING)
    return RefundFact(gateway_id=refund.id, state=state, failure_code=getattr(refund, "failure_reason", None) or "")


def _verify(payload: bytes, signature: str, secret: str) -> None:
    """The SDK checks signature and age; it raises TypeError on odd bytes and accepts the future, so both are caught here."""
    try:
        stripe.WebhookSignature.verify_header(payload.decode("utf-8"), signature, secret, tolerance=300)
        stamp = next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))
    except (stripe.SignatureVerificationError, ValueError, TypeError, IndexError, StopIteration) as error:
        raise NotSigned(type(error).__name__) from error
    if stamp > time.time() + FUTURE_SECONDS:
        raise NotSigned("from the future")


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _id(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 120 or "\x00" in value:
        raise ValueError("not an id")
    return value


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if value else None
    except (ValueError, AttributeError, TypeError):
        return None
