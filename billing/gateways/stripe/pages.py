"""Stripe Checkout by redirect (docs.stripe.com/api/checkout/sessions, /api/payment_intents)."""

from typing import Any

from billing.gateways.facts import FactState, PaymentFact
from billing.gateways.protocol import CheckoutPage, CheckoutRequest, Refused, Unavailable
from billing.gateways.stripe.client import CURRENCIES, StripePart, moment, translated
from billing.gateways.stripe.intents import failure_code, intent_fact

_LOCALES = {"zh-hans": "zh"}


class StripePages(StripePart):
    def open_page(self, request: CheckoutRequest) -> CheckoutPage:
        if request.price.currency not in CURRENCIES:
            raise Refused("currency")
        with translated():
            session = self._client.v1.checkout.sessions.create(
                _session_params(request), {"idempotency_key": request.idempotency_key}
            )
        if session.url is None:
            raise Unavailable("no page")
        return page_of(session)

    def page_fact(self, session_id: str) -> PaymentFact:
        with translated():
            session = self._client.v1.checkout.sessions.retrieve(
                session_id, {"expand": ["payment_intent.latest_charge", "payment_intent.payment_method"]}
            )
        return _fact(session)

    def close_page(self, session_id: str) -> PaymentFact:
        try:
            with translated():
                self._client.v1.checkout.sessions.expire(session_id)
        except Refused:
            pass  # no longer open: whatever it became, the look-up tells
        return self.page_fact(session_id)


def page_of(session: Any) -> CheckoutPage:
    """A session of the SDK in our words; one on which nobody can pay any more has no address."""
    return CheckoutPage(session_id=session.id, url=session.url or "", expires_at=moment(session.expires_at))


def locale_of(language: str) -> str:
    """What Stripe calls a language of ours."""
    return _LOCALES.get(language, language.split("-", maxsplit=1)[0])


def _session_params(request: CheckoutRequest) -> Any:
    metadata = {"payment_id": str(request.payment_id)} if request.payment_id else {"top_up_id": str(request.top_up_id)}
    payer = {"customer": request.customer_id} if request.customer_id else {"customer_email": request.email}
    keeps = {"payment_method_options": {request.way: {"setup_future_usage": "off_session"}}} if request.saves else {}
    sets_aside = {"capture_method": "manual"} if request.sets_aside else {}
    return {
        **payer,
        **keeps,
        "mode": "payment",
        "allowed_payment_method_types": [request.way],
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
        "client_reference_id": request.order_reference,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "description": request.order_reference, **sets_aside},
        "locale": locale_of(request.language),
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
    fact = intent_fact(intent)
    if fact.state != FactState.OPEN:
        return fact
    return PaymentFact(state=_session_state(session), intent_id=intent.id, failure_code=failure_code(intent))


def _session_state(session: Any) -> FactState:
    """An intent that wants another method is open as long as its page is; a completed page with it has failed for good."""
    if session.status == "complete":
        return FactState.FAILED if session.payment_status == "unpaid" else FactState.OPEN
    return FactState.EXPIRED if session.status == "expired" else FactState.OPEN
