"""Refunds by the way the payment came (docs.stripe.com/api/refunds)."""

from typing import Any
from uuid import UUID

from billing.gateways.facts import RefundFact, RefundFactState
from billing.gateways.stripe.client import StripePart, translated, uuid_or_none
from lib.money import Money


class StripeRefunds(StripePart):
    def give_back(
        self, *, intent_id: str, amount: Money, refund_id: UUID, idempotency_key: str, email: str = ""
    ) -> RefundFact:
        asked: Any = {"payment_intent": intent_id, "amount": amount.minor, "metadata": {"refund_id": str(refund_id)}}
        if email:
            asked["instructions_email"] = email
        with translated():
            refund = self._client.v1.refunds.create(asked, {"idempotency_key": idempotency_key})
        return refund_fact_of(refund)

    def find_refund(self, *, intent_id: str, refund_id: UUID) -> RefundFact | None:
        ours = (fact for fact in self.refunds_of(intent_id) if fact.refund_id == refund_id)
        return next(ours, None)

    def refunds_of(self, intent_id: str) -> list[RefundFact]:
        with translated():
            refunds = self._client.v1.refunds.list({"payment_intent": intent_id, "limit": 100})
        return [refund_fact_of(refund) for refund in refunds.data]

    def refund_fact(self, gateway_id: str) -> RefundFact:
        with translated():
            refund = self._client.v1.refunds.retrieve(gateway_id)
        return refund_fact_of(refund)


_REFUND_STATES = {
    "pending": RefundFactState.PENDING,
    "requires_action": RefundFactState.NEEDS_PAYER,
    "succeeded": RefundFactState.SUCCEEDED,
    "failed": RefundFactState.FAILED,
    "canceled": RefundFactState.CANCELLED,
}


def refund_fact_of(refund: Any) -> RefundFact:
    """A refund of the SDK in our words."""
    state = _REFUND_STATES.get(refund.status or "pending", RefundFactState.PENDING)
    metadata = refund.to_dict().get("metadata") or {}
    return RefundFact(
        gateway_id=refund.id,
        state=state,
        failure_code=getattr(refund, "failure_reason", None) or "",
        amount=Money(refund.amount, refund.currency.upper()),
        intent_id=refund.payment_intent if isinstance(refund.payment_intent, str) else None,
        refund_id=uuid_or_none(metadata.get("refund_id")),
    )
