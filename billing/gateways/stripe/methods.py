"""Cards and PayPal accounts in our words, kept or just used (docs.stripe.com/api/payment_methods/object)."""

from typing import Any

from billing.gateways.facts import MethodFact

_NAMES = {"paypal": "PayPal"}


def method_fact_of(method: Any) -> MethodFact:
    """A PaymentMethod of the SDK."""
    kind = str(method.type)
    return MethodFact(
        gateway_id=method.id,
        way=kind,
        label=label_of(method, kind),
        fingerprint=_fingerprint(method, kind),
        expires=_expires(method, kind),
        customer_id=keeper_of(method),
    )


def keeper_of(method: Any) -> str:
    """Whom a PaymentMethod is kept for; nobody when only its id is known."""
    customer = getattr(method, "customer", None)
    return customer if isinstance(customer, str) else getattr(customer, "id", "")


def used_in(charge: Any, *, customer_id: str) -> MethodFact | None:
    """What a charge was paid with. Only the method itself knows whom it is kept for."""
    details = None if charge is None or isinstance(charge, str) else charge.payment_method_details
    if details is None or not charge.payment_method:
        return None
    kind = str(details.type)
    return MethodFact(
        gateway_id=charge.payment_method,
        way=kind,
        label=label_of(details, kind),
        fingerprint=_fingerprint(details, kind),
        expires=_expires(details, kind),
        customer_id=customer_id,
    )


def label_of(holder: Any, kind: str) -> str:
    """`Visa ···4242`, or the kind of method when it is no card; of a PaymentMethod or a charge's details."""
    card = getattr(holder, "card", None) if kind == "card" else None
    if card is not None:
        return f"{str(card.brand or 'card').title()} ···{card.last4}"
    return _NAMES.get(kind, kind)


def _fingerprint(holder: Any, kind: str) -> str:
    """The same for the same card, or the same PayPal account."""
    if kind == "card":
        return str(getattr(holder.card, "fingerprint", None) or "")[:64]
    return str(getattr(getattr(holder, kind, None), "payer_id", None) or "")[:64]


def _expires(holder: Any, kind: str) -> tuple[int, int] | None:
    return (holder.card.exp_year, holder.card.exp_month) if kind == "card" else None
