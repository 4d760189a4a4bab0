"""A PaymentIntent in our words, whoever made it (docs.stripe.com/payments/paymentintents/lifecycle)."""

from typing import Any

from billing.gateways.facts import Advice, FactState, PaymentFact
from billing.gateways.stripe.methods import keeper_of, label_of, used_in
from lib.money import Money

_STATES = {
    "succeeded": FactState.SUCCEEDED,
    "processing": FactState.PROCESSING,
    "requires_capture": FactState.AUTHORISED,
    "canceled": FactState.CANCELLED,
}
_WANTS_BANK = "authentication_required"
#: Cards whose owner has reported them: no bank wants to see another try (docs.stripe.com/declines/codes).
_NEVER = frozenset({"lost_card", "stolen_card", "pickup_card"})


def intent_fact(intent: Any) -> PaymentFact:
    """An intent of the SDK. `latest_charge` should be expanded, else nothing is said of how it was paid, and `payment_method`, else
    nothing of whose that is.
    """
    state = _STATES.get(intent.status, FactState.OPEN)
    charge = intent.latest_charge if state != FactState.OPEN else None
    return PaymentFact(
        state=state,
        intent_id=intent.id,
        received=Money(intent.amount_received, intent.currency.upper()) if state == FactState.SUCCEEDED else None,
        method_label=_label(charge),
        failure_code=failure_code(intent) if state == FactState.OPEN else "",
        advice=_advice(intent) if state == FactState.OPEN else Advice.NONE,
        wants_bank=_wants_bank(intent),
        method=used_in(charge, customer_id=keeper_of(intent.payment_method)),
    )


def failure_code(intent: Any) -> str:
    """Why the last try failed, empty when none did."""
    error = intent.last_payment_error
    if error is None:
        return ""
    return str(getattr(error, "decline_code", None) or getattr(error, "code", None) or "declined")[:60]


def _label(charge: Any) -> str:
    details = None if charge is None or isinstance(charge, str) else charge.payment_method_details
    return label_of(details, str(details.type)) if details is not None else ""


def _wants_bank(intent: Any) -> bool:
    error = intent.last_payment_error
    is_asked = intent.status == "requires_action"
    return is_asked or (intent.status == "requires_payment_method" and getattr(error, "code", None) == _WANTS_BANK)


def _advice(intent: Any) -> Advice:
    error = intent.last_payment_error
    if getattr(error, "decline_code", None) in _NEVER:
        return Advice.NEVER
    said = getattr(error, "advice_code", None)
    return Advice(said) if said in set(Advice) else Advice.NONE
