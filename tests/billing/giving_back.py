"""Taking sales back in tests, by the portal's own doors; the gateway's word is given as a fact."""

from datetime import datetime
from typing import Any

from accounts.models import Subscriber
from billing import ledger
from billing.gateways.disputes import DisputeFact, DisputeFactState
from billing.gateways.facts import RefundFact, RefundFactState
from billing.giving_back import disputes, refund_requests, refunds
from billing.giving_back.refund_requests import RefundWish
from billing.models import AccountKind, Dispute, LedgerEntry, Order, Payment, Refund, RefundRequest
from lib.money import Money
from plans.models import Allowance


def ask(order: Order, *, now: datetime, **fields: Any) -> RefundRequest:
    """A request of the staff; by default for what the rules give, granted at once."""
    wish = {"key": f"test:{RefundRequest.objects.count()}", "actor": "staff:1", "may_grant": True, **fields}
    request = refund_requests.ask(RefundWish(order=order, **wish), now=now)
    order.refresh_from_db()
    return request


def answer(refund: Refund, state: RefundFactState, *, now: datetime) -> Refund:
    """The gateway's word about a refund."""
    return refunds.settle(refund.pk, RefundFact(gateway_id=f"re_{refund.pk.hex}", state=state), now=now)


def dispute(
    payment: Payment, state: DisputeFactState, *, now: datetime, is_withdrawn: bool = True, minor: int | None = None
) -> Dispute:
    """The gateway's word about a case of `payment`."""
    fact = DisputeFact(
        gateway_id=f"dp_{payment.pk.hex}",
        intent_id=payment.intent_id,
        state=state,
        amount=Money(payment.received_minor or 0 if minor is None else minor, payment.received_currency),
        reason="fraudulent",
        is_withdrawn=is_withdrawn,
        evidence_until=None,
        opened_at=now,
    )
    return disputes.settle(payment, fact, now=now)


def use(subscriber: Subscriber, unit: str, share: float) -> None:
    """Use up a share of what the running plan granted of `unit`."""
    for allowance in Allowance.objects.filter(line=subscriber.lines[0], unit=unit):
        allowance.used = int((allowance.granted or 0) * share)
        allowance.save(update_fields=["used"])


def balance(kind: AccountKind, currency: str = "EUR") -> int:
    """In − out of the operator's account, in minor units."""
    account = ledger.account(kind, currency=currency)
    into = sum(LedgerEntry.objects.filter(target=account).values_list("amount_minor", flat=True))
    return into - sum(LedgerEntry.objects.filter(source=account).values_list("amount_minor", flat=True))
