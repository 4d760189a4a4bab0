"""Bank transfers to an account number of the payer's own, used only when we say for what.

docs.stripe.com/payments/bank-transfers, docs.stripe.com/payments/customer-balance/reconciliation (manual mode).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from billing.gateways.facts import FactState, PaymentFact, RefundFact
from billing.gateways.protocol import Refused, Unavailable
from billing.gateways.stripe.client import StripePart, find_intent, moment, translated
from billing.gateways.stripe.refunds import refund_fact_of
from billing.gateways.transfers import Movement, TransferPlace, TransferRequest
from lib.money import Money

_TYPES = {
    "EUR": "eu_bank_transfer",
    "GBP": "gb_bank_transfer",
    "USD": "us_bank_transfer",
    "JPY": "jp_bank_transfer",
    "MXN": "mx_bank_transfer",
}
#: Fields of a financial address that a payer types, by our names.
_FIELDS = {
    "account_holder_name": "holder",
    "iban": "iban",
    "bic": "bic",
    "sort_code": "sort_code",
    "account_number": "account_number",
    "routing_number": "routing_number",
    "bank_name": "bank_name",
    "branch_code": "branch_code",
    "clabe": "clabe",
}
_STATES = {"processing": FactState.PROCESSING, "canceled": FactState.CANCELLED}


class StripeTransfers(StripePart):
    def open_account(self, *, email: str, account_id: UUID, idempotency_key: str) -> str:
        asked: Any = {
            "email": email,
            "cash_balance": {"settings": {"reconciliation_mode": "manual"}},
            "metadata": {"account_id": str(account_id)},
        }
        with translated():
            return self._client.v1.customers.create(asked, {"idempotency_key": idempotency_key}).id

    def open_transfer(self, request: TransferRequest) -> TransferPlace:
        if request.price.currency not in _TYPES:
            raise Refused("currency")
        with translated():
            intent = self._client.v1.payment_intents.create(
                _intent_params(request), {"idempotency_key": request.idempotency_key}
            )
        place = _place(intent)
        if not place.instructions:
            raise Unavailable("no instructions")
        return place

    def find_transfer(self, payment_id: UUID, *, customer_id: str, since: datetime) -> TransferPlace | None:
        intent = find_intent(self._client, payment_id, customer_id=customer_id, since=since)
        return _place(intent) if intent else None

    def transfer_fact(self, intent_id: str) -> PaymentFact:
        with translated():
            return _fact(self._client.v1.payment_intents.retrieve(intent_id))

    def close_transfer(self, intent_id: str) -> PaymentFact:
        try:
            with translated():
                self._client.v1.payment_intents.cancel(intent_id)
        except Refused:
            pass  # paid or cancelled before: the look-up tells
        return self.transfer_fact(intent_id)

    def unused(self, customer_id: str) -> dict[str, int]:
        with translated():
            balance = self._client.v1.customers.cash_balance.retrieve(customer_id)
        available = balance.available.to_dict() if balance.available else {}
        return {currency.upper(): minor for currency, minor in available.items() if minor}

    def movements(self, customer_id: str) -> list[Movement]:
        with translated():
            found = self._client.v1.customers.cash_balance_transactions.list(customer_id, {"limit": 100})
        return [_movement(row) for row in found.data]

    def use_for(self, intent_id: str, amount: Money, *, idempotency_key: str) -> PaymentFact:
        asked: Any = {"amount": amount.minor, "currency": amount.currency.lower()}
        with translated():
            intent = self._client.v1.payment_intents.apply_customer_balance(
                intent_id, asked, {"idempotency_key": idempotency_key}
            )
        return _fact(intent)

    def send_back(self, customer_id: str, amount: Money, *, return_id: UUID, idempotency_key: str) -> RefundFact:
        asked: Any = {
            "origin": "customer_balance",
            "customer": customer_id,
            "amount": amount.minor,
            "currency": amount.currency.lower(),
            "metadata": {"refund_id": str(return_id)},
        }
        with translated():
            return refund_fact_of(self._client.v1.refunds.create(asked, {"idempotency_key": idempotency_key}))

    def find_return(self, return_id: UUID, *, since: datetime) -> RefundFact | None:
        asked: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        with translated():
            found = self._client.v1.refunds.list(asked)
        facts = (refund_fact_of(refund) for refund in found.auto_paging_iter())
        return next((fact for fact in facts if fact.refund_id == return_id), None)


def _intent_params(request: TransferRequest) -> Any:
    kind = _TYPES[request.price.currency]
    transfer: dict[str, Any] = {"type": kind}
    if kind == "eu_bank_transfer":
        transfer[kind] = {"country": request.country}
    return {
        "amount": request.price.minor,
        "currency": request.price.currency.lower(),
        "customer": request.customer_id,
        "description": request.order_reference,
        "metadata": {"payment_id": str(request.payment_id)},
        "confirm": True,
        "allowed_payment_method_types": ["customer_balance"],
        "payment_method_data": {"type": "customer_balance"},
        "payment_method_options": {"customer_balance": {"funding_type": "bank_transfer", "bank_transfer": transfer}},
    }


def _place(intent: Any) -> TransferPlace:
    where = getattr(intent.next_action, "display_bank_transfer_instructions", None)
    return TransferPlace(intent_id=intent.id, instructions=_instructions(where) if where else {})


def _instructions(where: Any) -> dict[str, Any]:
    """The first address, its fields by our names, and the reference."""
    address = where.financial_addresses[0].to_dict()
    details = address[address["type"]]
    found = {ours: str(details[theirs]) for theirs, ours in _FIELDS.items() if details.get(theirs)}
    return {**found, "reference": where.reference, "type": where.type}


def _fact(intent: Any) -> PaymentFact:
    if intent.status == "succeeded":
        return PaymentFact(
            state=FactState.SUCCEEDED,
            intent_id=intent.id,
            received=Money(intent.amount_received, intent.currency.upper()),
        )
    return PaymentFact(state=_STATES.get(intent.status, FactState.OPEN), intent_id=intent.id)


def _movement(row: Any) -> Movement:
    applied = getattr(row, "applied_to_payment", None) or getattr(row, "unapplied_from_payment", None)
    return Movement(
        gateway_id=row.id,
        kind=row.type,
        amount=Money(row.net_amount, row.currency.upper()),
        happened_at=moment(row.created),
        intent_id=getattr(applied, "payment_intent", None),
    )
