"""Refunds by the way the payment came (docs.stripe.com/api/refunds)."""

from typing import Any
from uuid import UUID

from billing.gateways.protocol import RefundFact, RefundFactState
from billing.gateways.stripe.client import StripePart, translated
from lib.money import Money


class StripeRefunds(StripePart):
    def give_back(self, *, intent_id: str, amount: Money, refund_id: UUID, idempotency_key: str) -> RefundFact:
        with translated():
            refund = self._client.v1.refunds.create(
                {"payment_intent": intent_id, "amount": amount.minor, "metadata": {"refund_id": str(refund_id)}},
                {"idempotency_key": idempotency_key},
            )
        return _refund_fact(refund)

    def find_refund(self, *, intent_id: str, refund_id: UUID) -> RefundFact | None:
        with translated():
            refunds = self._client.v1.refunds.list({"payment_intent": intent_id, "limit": 100})
        ours = (refund for refund in refunds.data if _is_ours(refund, refund_id))
        return next(map(_refund_fact, ours), None)

    def refund_fact(self, gateway_id: str) -> RefundFact:
        with translated():
            refund = self._client.v1.refunds.retrieve(gateway_id)
        return _refund_fact(refund)


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
