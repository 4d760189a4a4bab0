"""Money taken with a saved way to pay while its owner is away: one intent an order, one try at a time, never twice."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import stripe

from billing.gateways import gateway
from billing.gateways.stripe import StripeGateway, client
from billing.models import (
    AttemptState,
    GatewayCustomer,
    LedgerEntry,
    Method,
    Order,
    OrderState,
    Payment,
    PaymentAttempt,
    PaymentMethod,
    PaymentState,
    SavedWay,
)
from billing.orders import NotWaiting
from billing.paying import cancellation, charging, checkout
from billing.paying.attempts import CALLS_A_KEY, NothingToPay
from billing.paying.charging import CannotBeCharged, PaidElsewhere
from billing.saved_methods import choosing, saving
from lib import clock, queue
from plans.models import PlanPeriod
from tests.billing.ordering import order_plan
from tests.billing.test_ledger import run_together
from tests.cast import anna, bao
from tests.sandbox_process import PAYS
from tests.stack.buying import let_leases_end
from tests.stack.invariants import broken
from tests.stack.running import Portal, until

MASTERCARD, ASKS_ALWAYS = "5555555555554444", "4000002760003184"
CREATE = "POST /v1/payment_intents"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A gateway that waits half a second and asks once, so that the test does not have to wait a minute."""
    monkeypatch.setattr(client, "READ_SECONDS", 0.5)
    monkeypatch.setattr(client, "NETWORK_RETRIES", 0)
    gateway.cache_clear()
    yield
    gateway.cache_clear()


@pytest.fixture
def order(portal: Portal) -> Order:
    """Anna's month, to be paid by card."""
    return order_plan(anna(), "month-15", method=Method.CARD, now=clock.now())


def saved(portal: Portal, order: Order, card: str = PAYS) -> PaymentMethod:
    """A card of the buyer's."""
    assert order.buyer
    agreed = saving.consent(language="en", at=clock.now())
    started = saving.start(order.buyer, way=SavedWay.CARD, consent=agreed, goes_on="", currency="EUR", language="en")
    session_id = started.rpartition("/")[2]
    portal.sandbox.pay(session_id, card, bank="approve")
    page = order.buyer.saving_pages.get(session_id=session_id)
    method = saving.finish(page.pk, now=clock.now()).method
    assert method
    return method


def charge(order: Order, method: PaymentMethod) -> PaymentAttempt:
    return charging.charge(order_id=order.pk, line_id=order.line_id, method_id=method.pk, now=clock.now())


def _client() -> stripe.StripeClient:
    found = gateway()
    assert isinstance(found, StripeGateway)
    return found._client


def intents_made(order: Order) -> int:
    """How many intents the gateway has made for the order's buyer."""
    asked: Any = {"customer": GatewayCustomer.objects.get(subscriber=order.buyer).customer_id, "limit": 100}
    made = _client().v1.payment_intents.list(asked)
    return len(made.data)


def state_of(order: Order) -> str:
    return Order.objects.values_list("state", flat=True).get(pk=order.pk)


def tries(order: Order) -> list[tuple[str, str, str]]:
    rows = PaymentAttempt.objects.filter(payment__order=order).order_by("asked_at", "id")
    return list(rows.values_list("state", "failure_code", "method__label"))


def applied_once(order: Order) -> None:
    """One booking of the price, one period, and the books are whole."""
    assert list(LedgerEntry.objects.filter(order=order, kind="payment").values_list("amount_minor", flat=True)) == [
        1500
    ]
    assert PlanPeriod.objects.filter(origin=order.subject).count() == 1
    assert (state_of(order), broken()) == (OrderState.APPLIED, {})


def test_an_order_is_paid_with_a_saved_card_and_applied_at_once(portal: Portal, order: Order) -> None:
    attempt = charge(order, saved(portal, order))
    assert attempt.state == AttemptState.SUCCEEDED
    payment = Payment.objects.get(order=order)
    assert (payment.way, payment.state, payment.method_label) == ("saved", PaymentState.SUCCEEDED, "Visa ···4242")
    applied_once(order)
    with pytest.raises(NothingToPay):
        charge(order, attempt.method)


def test_after_a_decline_another_card_tries_the_same_intent(portal: Portal, order: Order) -> None:
    first, second = saved(portal, order), saved(portal, order, MASTERCARD)
    portal.sandbox.fault("payment", "decline", match=first.gateway_id, code="insufficient_funds")
    declined = charge(order, first)
    assert (declined.state, declined.failure_code, declined.advice) == (
        AttemptState.DECLINED,
        "insufficient_funds",
        "try_again_later",
    )
    assert state_of(order) == OrderState.PENDING
    assert not LedgerEntry.objects.filter(order=order).exists()
    assert charge(order, second).state == AttemptState.SUCCEEDED
    assert tries(order) == [
        ("declined", "insufficient_funds", "Visa ···4242"),
        ("succeeded", "", "Mastercard ···4444"),
    ]
    assert (Payment.objects.filter(order=order).count(), intents_made(order)) == (1, 1)
    applied_once(order)


def test_an_answer_that_comes_too_late_blocks_the_next_try_and_is_asked_for_again(
    portal: Portal, order: Order, impatient: None
) -> None:
    first, second = saved(portal, order), saved(portal, order, MASTERCARD)
    portal.sandbox.fault("api", "timeout_after", match=CREATE, seconds=2, times=1)
    unknown = charge(order, first)
    assert (unknown.state, unknown.unknown_since is not None) == (AttemptState.ASKED, True)
    until(lambda: intents_made(order) == 1)
    again = charge(order, second)
    assert (again.pk, again.state, again.method) == (unknown.pk, AttemptState.SUCCEEDED, first)
    assert intents_made(order) == 1
    applied_once(order)


def test_a_notice_answers_a_try_whose_answer_was_lost(worker: Portal, order: Order, impatient: None) -> None:
    method = saved(worker, order)
    worker.sandbox.fault("api", "timeout_after", match=CREATE, seconds=2, times=1)
    assert charge(order, method).state in {AttemptState.ASKED, AttemptState.SUCCEEDED}  # the notice may be first
    until(lambda: state_of(order) == OrderState.APPLIED)
    assert tries(order) == [("succeeded", "", "Visa ···4242")]
    applied_once(order)


def test_after_a_day_the_gateway_is_asked_whether_it_has_taken_the_money(
    portal: Portal, order: Order, impatient: None
) -> None:
    method = saved(portal, order)
    portal.sandbox.fault("webhook", "drop", times=50)
    portal.sandbox.fault("api", "timeout_after", match=CREATE, seconds=2, times=1)
    unknown = charge(order, method)
    until(lambda: intents_made(order) == 1)
    portal.sandbox.age_keys()
    PaymentAttempt.objects.update(asked_at=clock.real_now() - timedelta(hours=25))
    assert charging.ask(unknown.pk, now=clock.now()).state == AttemptState.SUCCEEDED
    assert intents_made(order) == 1
    applied_once(order)


def test_what_the_gateway_never_made_is_given_up_and_tried_under_another_key(portal: Portal, order: Order) -> None:
    method = saved(portal, order)
    portal.sandbox.fault("api", "error", match=CREATE, status=500, stored=True, times=1)
    tried = [charge(order, method) for _time in range(CALLS_A_KEY + 1)]
    assert {(attempt.pk, attempt.idempotency_key) for attempt in tried} == {(tried[0].pk, tried[0].idempotency_key)}
    assert (tried[-1].state, tried[-1].failure_code) == (AttemptState.REFUSED, "never_made")
    assert charge(order, method).state == AttemptState.SUCCEEDED
    applied_once(order)


def test_the_bank_s_wish_is_kept_and_fulfilled_on_a_page(worker: Portal, order: Order) -> None:
    wants = charge(order, saved(worker, order, ASKS_ALWAYS))
    assert (wants.state, state_of(order)) == (AttemptState.WANTS_BANK, OrderState.PENDING)
    url = checkout.start(order.pk)
    ended = Payment.objects.get(order=order, way="saved")
    assert (ended.state, gateway().charge_fact(str(ended.intent_id)).state.value) == (
        PaymentState.CANCELLED,
        "cancelled",
    )
    worker.sandbox.pay(url.rpartition("/")[2], ASKS_ALWAYS, bank="approve")
    until(lambda: state_of(order) == OrderState.APPLIED)
    applied_once(order)


def test_while_a_try_has_no_answer_nobody_pays_on_a_page_and_nothing_is_cancelled(
    portal: Portal, order: Order, impatient: None
) -> None:
    portal.sandbox.fault("webhook", "drop", times=50)
    method = saved(portal, order)
    portal.sandbox.fault("api", "timeout_after", match=CREATE, seconds=2, times=1)
    charge(order, method)
    with pytest.raises(NothingToPay):
        checkout.start(order.pk)
    with pytest.raises(NotWaiting):
        cancellation.cancel(order, actor="test", now=clock.now())
    assert charge(order, method).state == AttemptState.SUCCEEDED
    applied_once(order)


def test_cancelling_ends_the_intent_at_the_gateway_first(portal: Portal, order: Order) -> None:
    method = saved(portal, order)
    portal.sandbox.fault("payment", "decline", match=method.gateway_id)
    charge(order, method)
    cancellation.cancel(order, actor="test", now=clock.now())
    payment = Payment.objects.get(order=order)
    assert (state_of(order), payment.state) == (OrderState.CANCELLED, PaymentState.CANCELLED)
    assert gateway().charge_fact(str(payment.intent_id)).state.value == "cancelled"
    with pytest.raises(NothingToPay):
        charge(order, method)


def test_only_a_saved_way_to_pay_of_the_buyer_s_is_charged(portal: Portal, order: Order) -> None:
    own = saved(portal, order)
    other = saved(portal, order_plan(bao(), "month-15", method=Method.CARD, now=clock.now()), MASTERCARD)
    with pytest.raises(CannotBeCharged):
        charge(order, other)
    choosing.remove(own.pk, subscriber=own.subscriber, now=clock.now())
    with pytest.raises(CannotBeCharged):
        charge(order, own)
    assert not PaymentAttempt.objects.exists()
    assert intents_made(order) == 0


def test_an_open_page_is_not_overtaken(portal: Portal, order: Order) -> None:
    method = saved(portal, order)
    checkout.start(order.pk)
    with pytest.raises(PaidElsewhere):
        charge(order, method)
    assert intents_made(order) == 0


def test_six_workers_at_once_take_the_money_once(portal: Portal, order: Order) -> None:
    method = saved(portal, order)

    def try_it(_number: int) -> None:
        with contextlib.suppress(NothingToPay):
            charge(order, method)

    run_together(6, try_it)
    assert tries(order) == [("succeeded", "", "Visa ···4242")]
    assert intents_made(order) == 1
    applied_once(order)


def test_money_on_its_way_keeps_the_try_waiting_until_it_arrives(worker: Portal, order: Order) -> None:
    method = saved(worker, order)
    worker.sandbox.fault("payment", "async", match=order.reference)
    assert charge(order, method).state == AttemptState.PROCESSING
    assert state_of(order) == OrderState.PROCESSING
    assert charging.ask(PaymentAttempt.objects.get().pk, now=clock.now()).state == AttemptState.PROCESSING
    worker.sandbox.settle(str(Payment.objects.get(order=order).intent_id), "succeed")
    until(lambda: state_of(order) == OrderState.APPLIED)
    assert tries(order) == [("succeeded", "", "Visa ···4242")]
    applied_once(order)


@pytest.mark.parametrize("step", ["charge.before_call", "charge.after_call", "settle.before_commit", "charge.settled"])
def test_a_worker_killed_while_charging_leaves_one_payment(worker: Portal, order: Order, step: str) -> None:
    worker.sandbox.fault("webhook", "drop", times=50)
    method = saved(worker, order)
    attempt = charging.begin(order_id=order.pk, line_id=order.line_id, method_id=method.pk)
    PaymentAttempt.objects.update(asked_at=clock.real_now() - timedelta(minutes=5))
    worker.order_crash(f"{step} kill")
    queue.wake("billing.sweep_charges")
    until(lambda: not worker.crashes_left())

    def is_applied() -> bool:
        let_leases_end()
        queue.wake("billing.sweep_charges")
        queue.wake("billing.sweep_payments")
        return state_of(order) == OrderState.APPLIED

    until(is_applied, every=0.5)
    attempt.refresh_from_db()
    assert (attempt.state, intents_made(order)) == (AttemptState.SUCCEEDED, 1)
    applied_once(order)
