"""Every address of the API that is played, with the SDK's own definition of its parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stripe import params
from stripe.params import checkout as checkout_params

from sandbox.stripe_api import (
    account,
    balance,
    balance_transactions,
    cash_balances,
    charges,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    payouts,
    refunds,
    sessions,
    setups,
)
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document

Play = Callable[..., Document]


@dataclass(frozen=True)
class Address:
    """`play(desk, asked, *ids)` answers; `<id>` in the path is handed on. `expires`: a GET that ends sessions whose time is over."""

    method: str
    path: str
    definition: type
    play: Play
    expires: bool = False

    @property
    def only_looks(self) -> bool:
        return self.method == "GET" and not self.expires

    def answer(self, desk: Desk, asked: Mapping[str, Any], ids: Mapping[str, str]) -> Document:
        return self.play(desk, asked, *ids.values())


_BOOKED = "/v1/balance_transactions"
_CASH = "/v1/customers/<id>/cash_balance"
_SESSIONS, _INTENTS = "/v1/checkout/sessions", "/v1/payment_intents"

ADDRESSES = (
    Address("GET", "/v1/account", params.AccountRetrieveCurrentParams, account.retrieve),
    Address("POST", _SESSIONS, checkout_params.SessionCreateParams, sessions.create),
    Address("GET", _SESSIONS, checkout_params.SessionListParams, sessions.listed, expires=True),
    Address("GET", f"{_SESSIONS}/<id>", checkout_params.SessionRetrieveParams, sessions.retrieve, expires=True),
    Address("POST", f"{_SESSIONS}/<id>/expire", checkout_params.SessionExpireParams, sessions.expire),
    Address(
        "GET",
        f"{_SESSIONS}/<id>/line_items",
        checkout_params.SessionListLineItemsParams,
        sessions.line_items,
        expires=True,
    ),
    Address("POST", _INTENTS, params.PaymentIntentCreateParams, payment_intents.create),
    Address("GET", _INTENTS, params.PaymentIntentListParams, payment_intents.listed),
    Address("GET", f"{_INTENTS}/<id>", params.PaymentIntentRetrieveParams, payment_intents.retrieve),
    Address("POST", f"{_INTENTS}/<id>", params.PaymentIntentUpdateParams, payment_intents.update),
    Address("POST", f"{_INTENTS}/<id>/confirm", params.PaymentIntentConfirmParams, payment_intents.confirm),
    Address("POST", f"{_INTENTS}/<id>/capture", params.PaymentIntentCaptureParams, payment_intents.capture),
    Address("POST", f"{_INTENTS}/<id>/cancel", params.PaymentIntentCancelParams, payment_intents.cancel),
    Address(
        "POST",
        f"{_INTENTS}/<id>/apply_customer_balance",
        params.PaymentIntentApplyCustomerBalanceParams,
        payment_intents.apply_customer_balance,
    ),
    Address("GET", "/v1/setup_intents/<id>", params.SetupIntentRetrieveParams, setups.retrieve),
    Address("GET", "/v1/payment_methods", params.PaymentMethodListParams, payment_methods.listed),
    Address("GET", "/v1/payment_methods/<id>", params.PaymentMethodRetrieveParams, payment_methods.retrieve),
    Address("POST", "/v1/payment_methods/<id>/detach", params.PaymentMethodDetachParams, payment_methods.detach),
    Address("GET", "/v1/mandates/<id>", params.MandateRetrieveParams, payment_methods.mandate),
    Address("GET", "/v1/charges", params.ChargeListParams, charges.listed),
    Address("GET", "/v1/charges/<id>", params.ChargeRetrieveParams, charges.retrieve),
    Address("POST", "/v1/refunds", params.RefundCreateParams, refunds.create),
    Address("GET", "/v1/refunds", params.RefundListParams, refunds.listed),
    Address("GET", "/v1/refunds/<id>", params.RefundRetrieveParams, refunds.retrieve),
    Address("POST", "/v1/refunds/<id>", params.RefundUpdateParams, refunds.update),
    Address("POST", "/v1/refunds/<id>/cancel", params.RefundCancelParams, refunds.cancel),
    Address("POST", "/v1/test_helpers/refunds/<id>/expire", params.RefundExpireParams, refunds.expire),
    Address("GET", "/v1/disputes", params.DisputeListParams, disputes.listed),
    Address("GET", "/v1/disputes/<id>", params.DisputeRetrieveParams, disputes.retrieve),
    Address("POST", "/v1/customers", params.CustomerCreateParams, customers.create),
    Address("GET", "/v1/customers", params.CustomerListParams, customers.listed),
    Address("GET", "/v1/customers/<id>", params.CustomerRetrieveParams, customers.retrieve),
    Address("POST", "/v1/customers/<id>", params.CustomerUpdateParams, customers.update),
    Address("GET", _CASH, params.CustomerCashBalanceRetrieveParams, cash_balances.retrieve),
    Address("POST", _CASH, params.CustomerCashBalanceUpdateParams, cash_balances.update),
    Address(
        "GET", f"{_CASH}_transactions", params.CustomerCashBalanceTransactionListParams, cash_balances.transactions
    ),
    Address(
        "GET",
        f"{_CASH}_transactions/<below>",
        params.CustomerCashBalanceTransactionRetrieveParams,
        cash_balances.transaction,
    ),
    Address("GET", "/v1/events", params.EventListParams, events.listed),
    Address("GET", "/v1/events/<id>", params.EventRetrieveParams, events.retrieve),
    Address("GET", "/v1/payouts", params.PayoutListParams, payouts.listed),
    Address("GET", "/v1/payouts/<id>", params.PayoutRetrieveParams, payouts.retrieve),
    Address("GET", "/v1/balance", params.BalanceRetrieveParams, balance.retrieve),
    Address("GET", _BOOKED, params.BalanceTransactionListParams, balance_transactions.listed),
    Address("GET", f"{_BOOKED}/<id>", params.BalanceTransactionRetrieveParams, balance_transactions.retrieve),
)
