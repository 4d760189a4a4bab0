"""Disputes and inquiries (docs.stripe.com/api/disputes, docs.stripe.com/disputes/how-disputes-work)."""

from typing import Any

from billing.gateways.disputes import DisputeFact, DisputeFactState
from billing.gateways.stripe.client import StripePart, moment, translated
from lib.money import Money

_STATES = {
    "warning_needs_response": DisputeFactState.INQUIRY,
    "warning_under_review": DisputeFactState.INQUIRY,
    "warning_closed": DisputeFactState.WON,
    "needs_response": DisputeFactState.OPEN,
    "under_review": DisputeFactState.UNDER_REVIEW,
    "won": DisputeFactState.WON,
    "lost": DisputeFactState.LOST,
    "prevented": DisputeFactState.WON,
}


class StripeDisputes(StripePart):
    def dispute_fact(self, gateway_id: str) -> DisputeFact:
        with translated():
            dispute = self._client.v1.disputes.retrieve(gateway_id)
        return _fact(dispute)


def _fact(dispute: Any) -> DisputeFact:
    """A state nobody knows yet is taken for open: a person looks at it."""
    due_by = getattr(dispute.evidence_details, "due_by", None)
    return DisputeFact(
        gateway_id=dispute.id,
        intent_id=dispute.payment_intent if isinstance(dispute.payment_intent, str) else None,
        state=_STATES.get(dispute.status, DisputeFactState.OPEN),
        amount=Money(dispute.amount, dispute.currency.upper()),
        reason=str(dispute.reason or "")[:60],
        is_withdrawn=any(row.amount < 0 for row in dispute.balance_transactions or []),
        evidence_until=moment(due_by) if due_by else None,
        opened_at=moment(dispute.created),
    )
