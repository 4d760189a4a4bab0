"""Ways to pay that are kept, and money taken while their owner is away.

docs.stripe.com/payments/save-during-payment, docs.stripe.com/payments/save-and-reuse (Checkout in mode setup),
docs.stripe.com/api/payment_intents/confirm (off_session), docs.stripe.com/api/payment_methods.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import stripe

from billing.gateways.facts import FactState, MethodFact, PaymentFact
from billing.gateways.protocol import CheckoutPage, Refused, Unavailable
from billing.gateways.saved import ChargeRequest, MandateFact, SavingFact, SavingRequest, SavingState
from billing.gateways.stripe.client import CURRENCIES, StripePart, find_intent, translated
from billing.gateways.stripe.intents import intent_fact
from billing.gateways.stripe.methods import method_fact_of
from billing.gateways.stripe.pages import locale_of, page_of

_GONE, _UNEXPECTED = "resource_missing", "payment_intent_unexpected_state"
_HAS_MONEY = frozenset({FactState.SUCCEEDED, FactState.PROCESSING, FactState.AUTHORISED})
_WAYS = ("card", "paypal")


class StripeSaved(StripePart):
    def open_saving_page(self, request: SavingRequest) -> CheckoutPage:
        if request.currency not in CURRENCIES:
            raise Refused("currency")
        metadata = {"saving_id": str(request.saving_id)}
        asked: Any = {
            "mode": "setup",
            "currency": request.currency.lower(),
            "customer": request.customer_id,
            "allowed_payment_method_types": [request.way],
            "metadata": metadata,
            "setup_intent_data": {"metadata": metadata},
            "locale": locale_of(request.language),
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
            "expires_at": int(request.expires_at.timestamp()),
        }
        with translated():
            session = self._client.v1.checkout.sessions.create(asked, {"idempotency_key": request.idempotency_key})
        if session.url is None:
            raise Unavailable("no page")
        return page_of(session)

    def saving_fact(self, session_id: str) -> SavingFact:
        with translated():
            session: Any = self._client.v1.checkout.sessions.retrieve(
                session_id, {"expand": ["setup_intent.payment_method"]}
            )
        if session.status == "expired":
            return SavingFact(state=SavingState.EXPIRED)
        setup = session.setup_intent
        if setup is None or setup.status != "succeeded":
            return SavingFact(state=SavingState.OPEN)
        return SavingFact(state=SavingState.SAVED, method=method_fact_of(setup.payment_method))

    def method_fact(self, method_id: str) -> MethodFact | None:
        try:
            with translated():
                return method_fact_of(self._client.v1.payment_methods.retrieve(method_id))
        except Refused as error:
            if error.code.startswith(_GONE):
                return None
            raise

    def methods_of(self, customer_id: str) -> list[MethodFact]:
        found: list[Any] = []
        for way in _WAYS:
            asked: Any = {"customer": customer_id, "type": way, "limit": 100}
            with translated():
                found += self._client.v1.payment_methods.list(asked).data
        return [method_fact_of(method) for method in sorted(found, key=lambda method: -method.created)]

    def forget_method(self, method_id: str) -> None:
        try:
            with translated():
                self._client.v1.payment_methods.detach(method_id)
        except Refused:
            fact = self.method_fact(method_id)
            if fact is not None and fact.customer_id:
                raise

    def mandate_fact(self, mandate_id: str) -> MandateFact:
        with translated():
            mandate: Any = self._client.v1.mandates.retrieve(mandate_id)
        method = mandate.payment_method
        return MandateFact(
            method_id=method if isinstance(method, str) else method.id, is_active=mandate.status == "active"
        )

    def charge(self, request: ChargeRequest) -> PaymentFact:
        if request.price.currency not in CURRENCIES:
            raise Refused("currency")
        options: Any = {"idempotency_key": request.idempotency_key}
        if request.intent_id:
            return self._charge_again(request, options)
        first: Any = {
            "amount": request.price.minor,
            "currency": request.price.currency.lower(),
            "customer": request.customer_id,
            "payment_method": request.method_id,
            "allowed_payment_method_types": list(_WAYS),
            "off_session": True,
            "confirm": True,
            "description": request.order_reference,
            "metadata": {"payment_id": str(request.payment_id)},
            "expand": _EXPANDED,
        }
        return _answered(lambda: self._client.v1.payment_intents.create(first, options))

    def _charge_again(self, request: ChargeRequest, options: Any) -> PaymentFact:
        """An intent that has its money cannot be confirmed, and its money is the answer."""
        again: Any = {"payment_method": request.method_id, "off_session": True, "expand": _EXPANDED}
        try:
            return _answered(lambda: self._client.v1.payment_intents.confirm(request.intent_id, again, options))
        except Refused as error:
            if not error.code.startswith(_UNEXPECTED):
                raise
            fact = self.charge_fact(request.intent_id)
            if fact.state not in _HAS_MONEY:
                raise
            return fact

    def charge_fact(self, intent_id: str) -> PaymentFact:
        with translated():
            return intent_fact(self._client.v1.payment_intents.retrieve(intent_id, {"expand": _EXPANDED}))

    def close_charge(self, intent_id: str) -> PaymentFact:
        try:
            with translated():
                self._client.v1.payment_intents.cancel(intent_id)
        except Refused:
            pass  # paid or cancelled before: the look-up tells
        return self.charge_fact(intent_id)

    def find_charge(self, payment_id: UUID, *, customer_id: str, since: datetime) -> PaymentFact | None:
        found = find_intent(self._client, payment_id, customer_id=customer_id, since=since)
        return self.charge_fact(found.id) if found else None

    def take(self, intent_id: str, *, idempotency_key: str) -> PaymentFact:
        try:
            with translated():
                self._client.v1.payment_intents.capture(intent_id, {}, {"idempotency_key": idempotency_key})
        except Refused:
            fact = self.charge_fact(intent_id)
            if fact.state not in {FactState.SUCCEEDED, FactState.CANCELLED}:
                raise
            return fact
        return self.charge_fact(intent_id)

    def release(self, intent_id: str) -> PaymentFact:
        return self.close_charge(intent_id)


_EXPANDED = ["latest_charge", "payment_method"]


def _answered(call: Callable[[], stripe.PaymentIntent]) -> PaymentFact:
    """A decline carries the intent as it is afterwards: an answer like any other."""
    declined: Any = None
    with translated():
        try:
            return intent_fact(call())
        except stripe.CardError as error:
            declined = getattr(error.error, "payment_intent", None)
            if declined is None:
                raise
    return intent_fact(declined)
