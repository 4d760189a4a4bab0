"""Bank transfers: where to send money, money that comes exact, short, over and twice, and who uses it for what."""

import re
import time
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.asking import Asking, transfer_wanted
from tests.sandbox.receiver import Receiver
from tests.sandbox_process import Sandbox

WAYS = ["customer_balance"]


def _customer(client: StripeClient, mode: Any = "manual", **more: Any) -> str:
    wanted: Any = {"name": "Anna Alt", "cash_balance": {"settings": {"reconciliation_mode": mode}}, **more}
    return client.v1.customers.create(wanted).id


def _waiting(client: StripeClient, customer: str, **changes: Any) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(transfer_wanted(customer=customer, **changes))


def _where(intent: stripe.PaymentIntent) -> Any:
    assert intent.next_action is not None
    assert intent.next_action.type == "display_bank_transfer_instructions"
    return intent.next_action.display_bank_transfer_instructions


def _available(client: StripeClient, customer: str) -> dict[str, int] | None:
    available = client.v1.customers.cash_balance.retrieve(customer).available
    return None if available is None else available.to_dict()


def _booked(client: StripeClient, customer: str) -> list[tuple[str, int, int]]:
    """Type, amount and balance after it, oldest first."""
    found = client.v1.customers.cash_balance_transactions.list(customer, {"limit": 100}).data
    return [(entry.type, entry.net_amount, entry.ending_balance) for entry in reversed(found)]


def _has_right_check_digits(iban: str) -> bool:
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


def test_an_intent_tells_where_the_money_goes(client: StripeClient, sandbox: Sandbox) -> None:
    intent = _waiting(client, _customer(client), description="Order 1")
    where = _where(intent)
    assert (intent.status, intent.payment_method_types, intent.amount_received) == ("requires_action", WAYS, 0)
    assert (where.amount_remaining, where.currency, where.type) == (1999, "eur", "eu_bank_transfer")
    assert where.hosted_instructions_url == f"{sandbox.url}/bank/{intent.id}"
    assert re.fullmatch(r"[A-HJ-NP-Z2-9]{12}", where.reference)
    assert [address.type for address in where.financial_addresses] == ["iban"]
    iban = where.financial_addresses[0].iban
    assert (iban.country, iban.iban[:2], len(iban.iban), iban.bic) == ("DE", "DE", 22, "SANDDEXX")
    assert (bool(iban.account_holder_name), iban.bank_address.country) == (True, "DE")
    assert _has_right_check_digits(iban.iban)
    assert where.financial_addresses[0].supported_networks == ["sepa", "swift"]


@pytest.mark.parametrize(
    ("country", "length"), [("BE", 16), ("DE", 22), ("ES", 24), ("FR", 27), ("IE", 22), ("NL", 18)]
)
def test_an_iban_is_as_long_as_its_country_has_it_and_checks(client: StripeClient, country: str, length: int) -> None:
    iban = _where(_waiting(client, _customer(client), country=country)).financial_addresses[0].iban.iban
    assert (iban[:2], len(iban)) == (country, length)
    assert _has_right_check_digits(iban)


@pytest.mark.parametrize(
    ("currency", "kind", "fields"),
    [
        ("gbp", "sort_code", {"account_number": 8, "sort_code": 6}),
        ("usd", "aba", {"account_number": 12, "routing_number": 9}),
        ("jpy", "zengin", {"account_number": 7, "branch_code": 3}),
        ("mxn", "spei", {"clabe": 18, "bank_code": 3}),
    ],
)
def test_other_currencies_have_the_numbers_of_their_country(
    client: StripeClient, currency: str, kind: str, fields: dict[str, int]
) -> None:
    address = _where(_waiting(client, _customer(client), currency=currency)).financial_addresses[0].to_dict()
    assert address["type"] == kind
    assert {name: len(address[kind][name]) for name in fields} == fields


def test_a_customer_has_one_account_and_one_reference_in_a_currency(client: StripeClient) -> None:
    anna, bao = _customer(client), _customer(client)
    first, second = (_where(_waiting(client, anna)) for _ in range(2))
    assert (first.reference, first.financial_addresses) == (second.reference, second.financial_addresses)
    others = [_where(_waiting(client, anna, currency="gbp")), _where(_waiting(client, bao))]
    assert len({first.reference, *(other.reference for other in others)}) == 3


def test_in_manual_mode_money_waits_until_it_is_applied(
    client: StripeClient, sandbox: Sandbox, receiver: Receiver
) -> None:
    customer = _customer(client)
    intent = _waiting(client, customer)
    assert _available(client, customer) is None
    sent = sandbox.transfer(reference=_where(intent).reference, amount=1999, sender="Bao")
    assert (sent["status"], sent["customer"], sent["available"]) == ("arrived", customer, {"eur": 1999})
    assert client.v1.payment_intents.retrieve(intent.id).to_dict() == intent.to_dict()
    entry = client.v1.customers.cash_balance_transactions.retrieve(customer, sent["transaction"])
    assert (entry.type, entry.net_amount, entry.ending_balance, entry.currency) == ("funded", 1999, 1999, "eur")
    assert entry.funded is not None
    assert (entry.funded.bank_transfer.type, entry.funded.bank_transfer.reference) == (
        "eu_bank_transfer",
        _where(intent).reference,
    )
    assert entry.funded.bank_transfer.eu_bank_transfer is not None
    assert entry.funded.bank_transfer.eu_bank_transfer.sender_name == "Bao"

    paid = client.v1.payment_intents.apply_customer_balance(intent.id, {"amount": 1999, "currency": "eur"})
    assert (paid.status, paid.amount_received, paid.next_action) == ("succeeded", 1999, None)
    charge = client.v1.charges.retrieve(str(paid.latest_charge))
    assert (charge.amount, charge.customer) == (1999, customer)
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.type == "customer_balance"
    assert _available(client, customer) == {"eur": 0}
    assert _booked(client, customer) == [("funded", 1999, 1999), ("applied_to_payment", -1999, 0)]
    came = receiver.wait_until(customer, lambda came: len(came) >= 7)
    assert sorted(delivery.kind for delivery in came) == [
        "cash_balance.funds_available",
        "charge.succeeded",
        "customer_cash_balance_transaction.created",
        "customer_cash_balance_transaction.created",
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
    ]


def test_an_event_about_a_cash_balance_names_its_customer_and_has_no_id(client: StripeClient, sandbox: Sandbox) -> None:
    customer = _customer(client)
    sandbox.transfer(intent=_waiting(client, customer).id)
    event = client.v1.events.list({"type": "cash_balance.funds_available", "limit": 1}).data[0]
    told = event.to_dict()["data"]["object"]
    assert (told["customer"], told["available"], "id" in told) == (customer, {"eur": 1999}, False)


def test_a_part_makes_the_intent_partially_funded(client: StripeClient, sandbox: Sandbox) -> None:
    customer = _customer(client)
    intent = _waiting(client, customer)
    sandbox.transfer(intent=intent.id, amount=1500)
    part = client.v1.payment_intents.apply_customer_balance(intent.id, {"amount": 500})
    assert (part.status, part.amount_received, _where(part).amount_remaining) == ("requires_action", 0, 1499)
    assert client.v1.events.list({"limit": 1}).data[0].type == "payment_intent.partially_funded"
    with pytest.raises(
        stripe.InvalidRequestError, match=r"balance \(1000\) is less than the amount \(1499\)"
    ) as refused:
        client.v1.payment_intents.apply_customer_balance(intent.id)
    assert refused.value.code == "balance_insufficient"
    with pytest.raises(stripe.InvalidRequestError, match=r"\(1500\) is greater than what remains"):
        client.v1.payment_intents.apply_customer_balance(intent.id, {"amount": 1500})
    with pytest.raises(stripe.InvalidRequestError, match="currency is eur"):
        client.v1.payment_intents.apply_customer_balance(intent.id, {"amount": 1, "currency": "usd"})
    with pytest.raises(stripe.InvalidRequestError, match="Invalid positive integer"):
        client.v1.payment_intents.apply_customer_balance(intent.id, {"amount": 0})
    sandbox.transfer(intent=intent.id, amount=499)
    paid = client.v1.payment_intents.apply_customer_balance(intent.id)
    assert (paid.status, paid.amount_received) == ("succeeded", 1999)
    assert _available(client, customer) == {"eur": 0}
    with pytest.raises(stripe.InvalidRequestError, match="status is succeeded"):
        client.v1.payment_intents.apply_customer_balance(intent.id)


@pytest.mark.parametrize(("times", "amount", "left"), [(1, 2500, 501), (2, 1999, 1999)])
def test_what_is_too_much_stays_with_the_customer(
    client: StripeClient, sandbox: Sandbox, times: int, amount: int, left: int
) -> None:
    customer = _customer(client)
    intent = _waiting(client, customer)
    for _ in range(times):
        sandbox.transfer(intent=intent.id, amount=amount)
    client.v1.payment_intents.apply_customer_balance(intent.id, {"amount": 1999})
    assert _available(client, customer) == {"eur": left}


def test_money_in_another_currency_pays_nothing(client: StripeClient, sandbox: Sandbox) -> None:
    customer = _customer(client, "automatic")
    intent = _waiting(client, customer)
    sent = sandbox.transfer(intent=intent.id, amount=1999, currency="usd")
    assert sent["available"] == {"usd": 1999}
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_action"
    assert [entry[0] for entry in _booked(client, customer)] == ["funded"]


def test_in_automatic_mode_the_oldest_waiting_intents_get_it(client: StripeClient, sandbox: Sandbox) -> None:
    customer = _customer(client, "automatic")
    first, second, third = (_waiting(client, customer).id for _ in range(3))
    sandbox.transfer(customer=customer, amount=3000)
    states = [client.v1.payment_intents.retrieve(intent_id) for intent_id in (first, second, third)]
    assert [state.status for state in states] == ["succeeded", "requires_action", "requires_action"]
    assert [_where(state).amount_remaining for state in states[1:]] == [998, 1999]
    assert _available(client, customer) == {"eur": 0}
    sandbox.transfer(customer=customer, amount=5000)
    assert _available(client, customer) == {"eur": 2003}
    ready = _waiting(client, customer)
    assert (ready.status, _available(client, customer)) == ("succeeded", {"eur": 4})


def test_who_reconciles_can_be_changed_and_is_told(client: StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Bao"}).id

    def settings() -> Any:
        return client.v1.customers.cash_balance.retrieve(customer).settings.to_dict()

    assert settings() == {"reconciliation_mode": "automatic", "using_merchant_default": True}
    client.v1.customers.cash_balance.update(customer, {"settings": {"reconciliation_mode": "manual"}})
    assert settings() == {"reconciliation_mode": "manual", "using_merchant_default": False}
    client.v1.customers.update(customer, {"name": "Bao B."})
    assert settings()["reconciliation_mode"] == "manual"
    client.v1.customers.update(customer, {"cash_balance": {"settings": {"reconciliation_mode": "merchant_default"}}})
    assert settings() == {"reconciliation_mode": "automatic", "using_merchant_default": True}
    expanded = client.v1.customers.retrieve(customer, {"expand": ["cash_balance"]})
    assert expanded.cash_balance is not None
    assert expanded.cash_balance.customer == customer


@pytest.mark.parametrize(("mode", "left"), [("manual", 700), ("automatic", 700)])
def test_a_cancelled_intent_gives_back_what_was_applied(
    client: StripeClient, sandbox: Sandbox, mode: str, left: int
) -> None:
    customer = _customer(client, mode)
    intent = _waiting(client, customer)
    sandbox.transfer(intent=intent.id, amount=700)
    if mode == "manual":
        client.v1.payment_intents.apply_customer_balance(intent.id, {"amount": 700})
    cancelled = client.v1.payment_intents.cancel(intent.id)
    assert (cancelled.status, cancelled.next_action) == ("canceled", None)
    assert _booked(client, customer) == [
        ("funded", 700, 700),
        ("applied_to_payment", -700, 0),
        ("unapplied_from_payment", 700, 700),
    ]
    assert _available(client, customer) == {"eur": left}
    sandbox.transfer(reference=_where(intent).reference, amount=100)
    assert _available(client, customer) == {"eur": left + 100}


def test_money_may_come_later(client: StripeClient, sandbox: Sandbox) -> None:
    customer = _customer(client)
    intent = _waiting(client, customer)
    sent = sandbox.transfer(iban=_where(intent).financial_addresses[0].iban.iban, amount=1999, after_seconds=1)
    assert (sent["status"], sent["transaction"], sent["available"]) == ("waiting", None, {})
    until = time.monotonic() + 10
    while _available(client, customer) is None and time.monotonic() < until:
        time.sleep(0.05)
    assert _booked(client, customer) == [("funded", 1999, 1999)]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"amount": 1}, "one of reference, iban, intent, customer"),
        ({"reference": "A", "customer": "B", "amount": 1}, "one of reference, iban, intent, customer"),
        ({"reference": "NOBODY", "amount": 1}, "Nobody was ever told"),
        ({"iban": "DE00", "amount": 1}, "Nobody was ever told"),
        ({"customer": "cus_none", "amount": 1}, "Nobody was ever told"),
        ({"intent": "pi_none"}, "No such payment_intent"),
        ({"amount": "1"}, "amount must be of type int"),
    ],
)
def test_money_that_cannot_be_sent_is_refused(sandbox: Sandbox, wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        sandbox.transfer(**wanted)


@pytest.mark.parametrize("changes", [{"amount": 0}, {"amount": 10**8}, {"currency": "chf"}, {"after_seconds": -1}])
def test_sums_currencies_and_times_that_cannot_be_are_refused(
    client: StripeClient, sandbox: Sandbox, changes: dict[str, Any]
) -> None:
    customer = _customer(client)
    intent = _waiting(client, customer)
    with pytest.raises(AssertionError, match="must be"):
        sandbox.transfer(intent=intent.id, **changes)
    assert _booked(client, customer) == []


def _options(**transfer: Any) -> dict[str, Any]:
    return {"customer_balance": {"funding_type": "bank_transfer", "bank_transfer": transfer}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"customer": None}, "Missing required param: customer"),
        ({"allowed_payment_method_types": ["card"]}, "customer_balance is not allowed for this PaymentIntent"),
        ({"currency": "chf"}, "does not go with the currency chf"),
        ({"payment_method_options": _options(type="gb_bank_transfer")}, "gb_bank_transfer does not go with eur"),
        ({"payment_method_options": _options(type="eu_bank_transfer")}, r"eu_bank_transfer\]\[country"),
        ({"country": "AT"}, "must be one of BE, DE, ES, FR, IE, NL"),
        ({"payment_method_options": None}, r"customer_balance\]\[funding_type"),
        ({"payment_method_options": {"customer_balance": ""}}, r"customer_balance\]\[funding_type"),
        ({"payment_method_data": {"type": "paypal"}}, "does not play this payment_method_data"),
        ({"allowed_payment_method_types": ["paypal"]}, "does not play this allowed_payment_method_types"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused_and_leaves_nothing(
    client: StripeClient, changes: dict[str, Any], words: str
) -> None:
    customer = _customer(client)
    with pytest.raises(stripe.InvalidRequestError, match=words) as refused:
        client.v1.payment_intents.create(transfer_wanted(**{"customer": customer, **changes}))
    assert refused.value.http_status == 400
    assert client.v1.payment_intents.list({"customer": customer}).data == []


def test_a_transfer_is_refused_where_its_capability_is_off(client: StripeClient, sandbox: Sandbox) -> None:
    customer = _customer(client)
    sandbox.capabilities(sepa_bank_transfer_payments="inactive")
    try:
        with pytest.raises(stripe.InvalidRequestError, match="type provided: eu_bank_transfer is invalid") as refused:
            _waiting(client, customer)
        assert refused.value.param == "payment_method_options[customer_balance][bank_transfer][type]"
        assert _waiting(client, customer, currency="gbp").status == "requires_action"
    finally:
        sandbox.capabilities(sepa_bank_transfer_payments="active")


def test_a_transfer_may_be_confirmed_later(client: StripeClient) -> None:
    wanted = transfer_wanted(customer=_customer(client), confirm=False)
    data = wanted.pop("payment_method_data")
    intent = client.v1.payment_intents.create(wanted)
    assert intent.status == "requires_payment_method"
    confirmed = client.v1.payment_intents.confirm(intent.id, {"payment_method_data": data})
    assert (confirmed.status, _where(confirmed).amount_remaining) == ("requires_action", 1999)
    with pytest.raises(stripe.InvalidRequestError, match="does not play this amount of a bank transfer"):
        client.v1.payment_intents.update(intent.id, {"amount": 100})


def test_nobody_reads_the_cash_of_somebody_else(client: StripeClient, sandbox: Sandbox) -> None:
    anna, bao = _customer(client), _customer(client)
    sent = sandbox.transfer(intent=_waiting(client, anna).id)
    with pytest.raises(stripe.InvalidRequestError, match="No such customer_cash_balance_transaction"):
        client.v1.customers.cash_balance_transactions.retrieve(bao, sent["transaction"])
    assert client.v1.customers.cash_balance_transactions.list(bao).data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        client.v1.customers.cash_balance.retrieve("cus_none")


def test_a_repeated_key_applies_once(api: Asking) -> None:
    customer = api.made("/v1/customers", {"cash_balance[settings][reconciliation_mode]": "manual"})["id"]
    intent = api.transfer_intent(customer=customer)
    api.http.post("/control/transfer", json={"intent": intent["id"], "amount": 1000})
    path = f"/v1/payment_intents/{intent['id']}/apply_customer_balance"
    first, again = (api.made(path, {"amount": 400}, key="apply-1") for _ in range(2))
    assert first == again
    assert api.events().count("payment_intent.partially_funded") == 1
