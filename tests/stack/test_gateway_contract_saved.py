"""What every gateway promises about ways to pay that are kept, and about money set aside.

Keeping one takes a payer on a page, so at Stripe's test mode only a page for saving, an unknown method and an empty list are tried.
"""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from billing.gateways.facts import Advice, FactState, MethodFact, PaymentFact
from billing.gateways.protocol import CheckoutRequest, Gateway, Refused
from billing.gateways.saved import ChargeRequest, SavingRequest, SavingState
from lib.money import Money
from tests.sandbox_process import ASKS, DECLINED, PAYS, Sandbox

PRICE = Money(1500, "EUR")
ASKS_ALWAYS = "4000002760003184"
SHOP = "https://portal.example/ways-to-pay/"


def somebody(gateway: Gateway) -> str:
    return gateway.open_account(email="anna@example.com", account_id=uuid.uuid4(), idempotency_key=str(uuid.uuid4()))


def later() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=31)


def page_for_saving(customer_id: str, way: str = "card") -> SavingRequest:
    return SavingRequest(
        saving_id=uuid.uuid4(),
        customer_id=customer_id,
        way=way,
        language="de",
        currency="EUR",
        success_url=SHOP,
        cancel_url=SHOP,
        expires_at=later(),
        idempotency_key=f"contract:{uuid.uuid4()}",
    )


def paying(**changes: object) -> CheckoutRequest:
    fields: dict[str, object] = {
        "payment_id": uuid.uuid4(),
        "order_reference": "R-CONTRACT",
        "title": "Month 15",
        "way": "card",
        "price": PRICE,
        "email": "anna@example.com",
        "language": "en",
        "success_url": SHOP,
        "cancel_url": SHOP,
        "expires_at": later(),
        "idempotency_key": f"contract:{uuid.uuid4()}",
    }
    return CheckoutRequest(**{**fields, **changes})  # type: ignore[arg-type]


def kept(gateway: Gateway, sandbox: Sandbox, customer_id: str, card: str = PAYS, **more: object) -> MethodFact:
    page = gateway.open_saving_page(page_for_saving(customer_id))
    sandbox.pay(page.session_id, card, bank="approve", **more)
    method = gateway.saving_fact(page.session_id).method
    assert method
    return method


def wish(customer_id: str, method_id: str, **changes: object) -> ChargeRequest:
    fields: dict[str, object] = {
        "payment_id": uuid.uuid4(),
        "order_reference": "R-CONTRACT",
        "price": PRICE,
        "customer_id": customer_id,
        "method_id": method_id,
        "idempotency_key": f"contract:{uuid.uuid4()}",
    }
    return ChargeRequest(**{**fields, **changes})  # type: ignore[arg-type]


def said(fact: PaymentFact) -> tuple[str, str, str, bool]:
    return fact.state.value, fact.failure_code, fact.advice.value, fact.wants_bank


def test_a_page_for_saving_is_open_once_a_key(gateway: Gateway) -> None:
    request = page_for_saving(somebody(gateway))
    page = gateway.open_saving_page(request)
    assert gateway.open_saving_page(request) == page
    assert gateway.saving_fact(page.session_id).state == SavingState.OPEN
    gateway.close_page(page.session_id)
    assert gateway.saving_fact(page.session_id).state == SavingState.EXPIRED


def test_nobody_has_left_anything_at_first(gateway: Gateway) -> None:
    assert gateway.methods_of(somebody(gateway)) == []
    assert gateway.method_fact("pm_1NothingOfTheKind000000000") is None


def test_a_card_saved_on_its_own_page_is_listed_and_forgotten(played: Gateway, sandbox: Sandbox) -> None:
    customer = somebody(played)
    method = kept(played, sandbox, customer, expires="2031-07")
    assert (method.way, method.label, method.expires, method.customer_id) == (
        "card",
        "Visa ···4242",
        (2031, 7),
        customer,
    )
    assert method.fingerprint
    assert played.methods_of(customer) == [method]
    assert played.method_fact(method.gateway_id) == method
    played.forget_method(method.gateway_id)
    played.forget_method(method.gateway_id)
    assert played.methods_of(customer) == []
    forgotten = played.method_fact(method.gateway_id)
    assert forgotten
    assert forgotten.customer_id == ""


@pytest.mark.parametrize("way", ["card", "paypal"])
def test_what_an_order_was_paid_with_is_kept_when_it_says_so(played: Gateway, sandbox: Sandbox, way: str) -> None:
    customer = somebody(played)
    page = played.open_page(paying(customer_id=customer, saves=True, way=way))
    sandbox.pay(page.session_id, method=way)
    fact = played.page_fact(page.session_id)
    assert fact.method
    assert [found.gateway_id for found in played.methods_of(customer)] == [fact.method.gateway_id]
    again = played.charge(wish(customer, fact.method.gateway_id))
    assert (again.state, again.received, again.method_label) == (FactState.SUCCEEDED, PRICE, fact.method_label)


def test_what_a_customer_paid_with_is_theirs_only_when_it_was_to_be_kept(played: Gateway, sandbox: Sandbox) -> None:
    customer, owners = somebody(played), []
    for saves in (False, True):
        page = played.open_page(paying(customer_id=customer, saves=saves))
        sandbox.pay(page.session_id)
        used = played.page_fact(page.session_id).method
        assert used
        assert (used.way, used.label, used.fingerprint) == ("card", "Visa ···4242", "sandbox4242")
        owners.append(used.customer_id)
    assert owners == ["", customer]
    assert len(played.methods_of(customer)) == 1


def test_a_charge_is_made_once_a_key_and_found_by_its_payment(played: Gateway, sandbox: Sandbox) -> None:
    customer, began = somebody(played), datetime.now(UTC) - timedelta(minutes=1)
    request = wish(customer, kept(played, sandbox, customer).gateway_id)
    assert played.find_charge(request.payment_id, customer_id=customer, since=began) is None
    fact = played.charge(request)
    assert played.charge(request) == fact
    assert (fact.state, fact.received) == (FactState.SUCCEEDED, PRICE)
    assert played.find_charge(request.payment_id, customer_id=customer, since=began) == fact
    assert fact.intent_id
    assert played.charge_fact(fact.intent_id) == fact
    assert played.close_charge(fact.intent_id) == fact


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ({"do": "decline", "code": "insufficient_funds"}, ("open", "insufficient_funds", Advice.LATER.value, False)),
        ({"do": "decline", "code": "stolen_card"}, ("open", "stolen_card", Advice.NEVER.value, False)),
        (
            {"do": "decline", "code": "generic_decline", "advice": "do_not_try_again"},
            ("open", "generic_decline", Advice.NEVER.value, False),
        ),
        ({"do": "decline", "code": "expired_card"}, ("open", "expired_card", Advice.OTHER_DATA.value, False)),
        ({"do": "ask"}, ("open", "authentication_required", Advice.NONE.value, True)),
    ],
)
def test_a_decline_is_an_answer_and_another_card_tries_the_same_intent(
    played: Gateway, sandbox: Sandbox, fault: dict[str, str], answer: tuple[str, str, str, bool]
) -> None:
    customer = somebody(played)
    first, second = kept(played, sandbox, customer), kept(played, sandbox, customer, "5555555555554444")
    sandbox.fault("payment", match=first.gateway_id, **fault)
    request = wish(customer, first.gateway_id)
    declined = played.charge(request)
    assert said(declined) == answer
    assert declined.intent_id
    assert said(played.charge(request)) == answer
    assert said(played.charge_fact(declined.intent_id)) == answer
    again = played.charge(
        wish(customer, second.gateway_id, payment_id=request.payment_id, intent_id=declined.intent_id)
    )
    assert (again.state, again.intent_id, again.method_label) == (
        FactState.SUCCEEDED,
        declined.intent_id,
        "Mastercard ···4444",
    )


def test_an_intent_that_has_its_money_answers_with_it_and_takes_no_more(played: Gateway, sandbox: Sandbox) -> None:
    customer = somebody(played)
    first, second = kept(played, sandbox, customer), kept(played, sandbox, customer, "5555555555554444")
    request = wish(customer, first.gateway_id)
    paid = played.charge(request)
    assert paid.intent_id
    again = wish(customer, second.gateway_id, payment_id=request.payment_id, intent_id=paid.intent_id)
    assert played.charge(again) == paid
    assert paid.method_label == "Visa ···4242"


def test_an_intent_that_is_closed_refuses_to_be_tried(played: Gateway, sandbox: Sandbox) -> None:
    customer = somebody(played)
    method = kept(played, sandbox, customer)
    sandbox.fault("payment", "decline", match=method.gateway_id)
    request = wish(customer, method.gateway_id)
    declined = played.charge(request)
    assert declined.intent_id
    assert played.close_charge(declined.intent_id).state == FactState.CANCELLED
    with pytest.raises(Refused, match="payment_intent_unexpected_state"):
        played.charge(wish(customer, method.gateway_id, payment_id=request.payment_id, intent_id=declined.intent_id))
    assert played.charge_fact(declined.intent_id).received is None


def test_who_is_always_asked_by_their_bank_cannot_be_charged_while_away(played: Gateway, sandbox: Sandbox) -> None:
    customer = somebody(played)
    once, always = kept(played, sandbox, customer, ASKS), kept(played, sandbox, customer, ASKS_ALWAYS)
    assert played.charge(wish(customer, once.gateway_id)).state == FactState.SUCCEEDED
    wants = played.charge(wish(customer, always.gateway_id))
    assert wants.wants_bank
    assert wants.intent_id
    assert played.close_charge(wants.intent_id).state == FactState.CANCELLED


def test_a_withdrawn_permission_is_told_and_ends_the_charging(played: Gateway, sandbox: Sandbox) -> None:
    customer = somebody(played)
    method = kept(played, sandbox, customer)
    mandate_id = sandbox.change_method(method.gateway_id, revoke=True)["mandate"]
    fact = played.mandate_fact(mandate_id)
    assert (fact.method_id, fact.is_active) == (method.gateway_id, False)
    assert played.charge(wish(customer, method.gateway_id)).advice == Advice.NEVER


def test_what_is_forgotten_or_somebody_else_s_is_refused(played: Gateway, sandbox: Sandbox) -> None:
    customer, stranger = somebody(played), somebody(played)
    method = kept(played, sandbox, customer)
    with pytest.raises(Refused):
        played.charge(wish(stranger, method.gateway_id))
    played.forget_method(method.gateway_id)
    with pytest.raises(Refused):
        played.charge(wish(customer, method.gateway_id))


def test_money_is_set_aside_and_taken_once(played: Gateway, sandbox: Sandbox) -> None:
    page = played.open_page(paying(payment_id=None, top_up_id=uuid.uuid4(), sets_aside=True))
    sandbox.pay(page.session_id)
    aside = played.page_fact(page.session_id)
    assert (aside.state, aside.received) == (FactState.AUTHORISED, None)
    assert aside.method
    assert aside.method.fingerprint
    assert aside.intent_id
    taken = played.take(aside.intent_id, idempotency_key="take")
    assert (taken.state, taken.received) == (FactState.SUCCEEDED, PRICE)
    assert played.take(aside.intent_id, idempotency_key="another") == taken
    assert played.release(aside.intent_id) == taken


def test_money_that_is_let_go_is_never_taken(played: Gateway, sandbox: Sandbox) -> None:
    page = played.open_page(paying(sets_aside=True))
    sandbox.pay(page.session_id)
    intent_id = played.page_fact(page.session_id).intent_id
    assert intent_id
    assert played.release(intent_id).state == FactState.CANCELLED
    assert played.release(intent_id).state == FactState.CANCELLED
    assert played.take(intent_id, idempotency_key="late").state == FactState.CANCELLED


def test_a_declined_card_sets_nothing_aside(played: Gateway, sandbox: Sandbox) -> None:
    page = played.open_page(paying(sets_aside=True))
    sandbox.pay(page.session_id, DECLINED)
    assert played.page_fact(page.session_id).state == FactState.OPEN
